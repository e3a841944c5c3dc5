import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createJournal, type Journal } from '../../local/lambda/journal.ts';
import { listenOnLoopback, type Listening } from '../../local/http.ts';
import { startStandIn } from '../../local/pagerduty/stand-in.ts';
import { sendSample } from '../../local/sample.ts';

let listening: Listening;
let journal: Journal;
let status: number;

beforeEach(async () => {
  journal = createJournal();
  status = 202;
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(status, { 'apigw-requestid': 'request-1=' }).end('{"status":"x"}');
  });
  listening = await listenOnLoopback(server, 0);
});

afterEach(() => listening.stop());

/** A line of the delivery function's log. */
function log(fields: object, requestId = 'request-1='): void {
  journal.write(
    'delivery',
    JSON.stringify({ request_ids: [requestId], dedup_key: 'd', ...fields }),
  );
}

function send(standIn?: Awaited<ReturnType<typeof startStandIn>>): Promise<readonly string[]> {
  const bridge = { webhookUrl: `${listening.url}/webhook/t`, journal, standIn };
  return sendSample(bridge, (service) => (service === 'service' ? 35_000 : undefined));
}

describe('the sample event', () => {
  test('delivered to another PagerDuty: its answer, as the delivery logged it', async () => {
    log({ outcome: 'delivered', status: 202, dedup_key: 'other' }, 'request-2=');
    log({ outcome: 'delivered', status: 202 });
    expect(await send()).toEqual(['PagerDuty answered 202.', '  dedup key  d']);
  });

  test("refused: PagerDuty's reason", async () => {
    log({ outcome: 'rejected', status: 400, detail: '400 Invalid routing key' });
    expect(await send()).toEqual([
      'PagerDuty refused it: 400 Invalid routing key',
      'The event is in the dead-letter queue.',
    ]);
  });

  test('delivered at the second attempt: only the last entry counts', async () => {
    log({ outcome: 'retry', detail: 'connect ECONNREFUSED' });
    const lines = send();
    setTimeout(() => {
      log({ outcome: 'delivered', status: 202 });
    }, 50);
    expect(await lines).toEqual(['PagerDuty answered 202.', '  dedup key  d']);
  });

  test('not accepted by the bridge: its answer', async () => {
    status = 401;
    expect(await send()).toEqual(['The bridge answered the sample event with 401: {"status":"x"}']);
  });

  test('delivered to the stand-in: the incident that it opened', async () => {
    const standIn = await startStandIn();
    const payload = { summary: 'It broke', source: 's', severity: 'error' };
    const links = [{ href: 'https://example.com/view', text: 'View' }];
    const event = { routing_key: 'a1'.repeat(16), event_action: 'trigger', dedup_key: 'd' };
    await fetch(`${standIn.url}/v2/enqueue`, {
      method: 'POST',
      body: JSON.stringify({ ...event, payload, links }),
    });
    log({ outcome: 'delivered', status: 202 });
    const lines = await send(standIn);
    await standIn.stop();
    expect(lines).toEqual([
      'It opened an incident:',
      '  severity   error',
      '  summary    It broke',
      '  dedup key  d',
      '  link       https://example.com/view',
      '  ends       about 35 s after its last event: the bridge resolves it',
    ]);
  });
});
