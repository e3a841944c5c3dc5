import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { OpenIncident } from '../../lambda/shared/open-incident.ts';
import { createJournal, type Journal } from '../../local/lambda/journal.ts';
import { listenOnLoopback, type Listening } from '../../local/http.ts';
import { startStandIn } from '../../local/pagerduty/stand-in.ts';
import { sendSample } from '../../local/sample.ts';

let listening: Listening;
let journal: Journal;
let status: number;
/** The table of open incidents, by dedup key. */
let openIncidents: Map<string, OpenIncident>;

beforeEach(async () => {
  journal = createJournal();
  status = 202;
  openIncidents = new Map();
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
  return sendSample(bridge, async (dedupKey) => openIncidents.get(dedupKey));
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

  const row: OpenIncident = {
    incidentKey: 'service d',
    due: new Date(2026, 0, 1, 14, 3, 57).getTime(),
    lastEvent: new Date(2026, 0, 1, 14, 3, 22).getTime(),
    summary: 'It broke',
    isResolved: false,
  };

  test.each<[string, OpenIncident | undefined, string]>([
    ['resolves', row, 'about 14:03:57, 35 s after its last event: the bridge resolves it'],
    ['does not resolve', undefined, 'when a person resolves it'],
  ])('delivered to the stand-in: the incident, which the bridge %s', async (_, open, ends) => {
    const standIn = await startStandIn();
    const payload = { summary: 'It broke', source: 's', severity: 'error' };
    const links = [{ href: 'https://example.com/view', text: 'View' }];
    const event = { routing_key: 'a1'.repeat(16), event_action: 'trigger', dedup_key: 'd' };
    await fetch(`${standIn.url}/v2/enqueue`, {
      method: 'POST',
      body: JSON.stringify({ ...event, payload, links }),
    });
    if (open !== undefined) openIncidents.set('d', open);
    log({ outcome: 'delivered', status: 202 });
    const lines = await send(standIn);
    await standIn.stop();
    expect(lines).toEqual([
      'It opened an incident:',
      '  severity   error',
      '  summary    It broke',
      '  dedup key  d',
      '  link       https://example.com/view',
      `  ends       ${ends}`,
    ]);
  });
});
