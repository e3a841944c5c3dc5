/** Events that a sender with a valid token makes to slow delivery down. None may succeed. */

import { describe, expect, test } from '@jest/globals';

import { readCandidate } from '../../../lambda/delivery/candidate.ts';
import { deliverBatch } from '../../../lambda/delivery/deliver.ts';
import { reportBatch } from '../../../lambda/delivery/report.ts';
import { settle } from '../../../lambda/delivery/settle.ts';
import { LIMITS } from '../../../lambda/pagerduty/event.ts';
import { translate } from '../../../lambda/pagerduty/translate.ts';
import { writeEventMessage } from '../../../lambda/shared/message.ts';
import { deliveryBench, OUTCOMES, viewOf } from '../../support/delivery-bench.ts';
import { KEYS, NO_LEVELS, NOW, queued, ROUTES } from '../../support/delivery-fixtures.ts';
import { recordingLog } from '../../support/recording-log.ts';

/** Largest event that ingest accepts, bytes. */
const LARGEST = 256 * 1024 - 1_000;

/** Longest CPU time for one event of the largest size, milliseconds; the worst one takes about 150. */
const BUDGET = 1_000;

const KNOWN = [
  'environment',
  'view',
  'domain',
  'metric',
  'value',
  'threshold',
  'limit',
  'unit',
  'over_by',
  'event_severity',
  'webhook_id',
  'received_at',
  'delayed_by',
  'deduplicated',
  'event_time',
  'cut',
];

/** As many items as fit into so many bytes, as JSON text. */
function list(bytes: number, item: (index: number) => string): string {
  const items: string[] = [];
  for (let left = bytes, index = 0; ; index += 1) {
    const next = item(index);
    left -= Buffer.byteLength(next) + 1;
    if (left < 0) return items.join(',');
    items.push(next);
  }
}

const hex = (index: number): string => index.toString(16).padStart(3, '0');

/** An event as JSON text, with parts that a hostile sender chooses. */
function text({
  environment = '"id":"a"',
  view = '"id":"4"',
  content = '"metric":"requests","threshold":30,"value":42',
  more = '',
}: {
  readonly environment?: string;
  readonly view?: string;
  readonly content?: string;
  readonly more?: string;
}): string {
  const time = new Date(NOW - 1_000).toISOString();
  return (
    `{"type":"EVENT","time":"${time}","environment":{${environment}},"webhook":{"id":1},` +
    `"event":{"domain":"VIEWS","content":{${content}},"view":{${view}}}${more && `,${more}`}}`
  );
}

/** Text of an event of about so many bytes. */
type Hostile = (bytes: number) => string;

const EVENTS: Readonly<Record<string, Hostile>> = {
  'names of known details, and of their prefixed forms': (bytes) =>
    text({
      content: list(bytes, (index) => {
        const name = KNOWN[index % KNOWN.length];
        const round = Math.floor(index / KNOWN.length);
        if (round === 0) return `"${name}":"x"`;
        return round === 1 ? `"event_${name}":0` : `"event_${name}_${round}":0`;
      }),
    }),
  'names that are equal once they are well-formed': (bytes) =>
    text({ content: list(bytes, (index) => `"\\ud${hex(0x800 + (index % 1024))}":${index}`) }),
  'long names that are equal once they are well-formed': (bytes) =>
    text({
      content: list(
        bytes,
        (index) => `"${'x'.repeat(1_200)}\\ud${hex(0x800 + (index % 1024))}":${index}`,
      ),
    }),
  'unknown fields': (bytes) => text({ more: list(bytes, (index) => `"f${index}":${index % 10}`) }),
  'unknown fields, each a large one': (bytes) =>
    text({ more: list(bytes, (index) => `"f${index}":"${'\\u0001'.repeat(200)}"`) }),
  'a deep array': (bytes) => text({ more: `"x":${'['.repeat(bytes / 2)}${']'.repeat(bytes / 2)}` }),
  'a deep object': (bytes) =>
    text({ content: `"x":${'{"x":'.repeat(bytes / 6)}1${'}'.repeat(bytes / 6)}` }),
  'a long array of small items': (bytes) => text({ content: `"x":[${list(bytes, () => '1')}]` }),
  'a long array of objects': (bytes) => text({ content: `"x":[${list(bytes, () => '{}')}]` }),
  'one long text': (bytes) => text({ content: `"x":"${'x'.repeat(bytes)}"` }),
  'one long text of lone surrogates': (bytes) =>
    text({ content: `"x":"${'\\ud800'.repeat(bytes / 6)}"` }),
  'a long metric of lone surrogates': (bytes) =>
    text({ content: `"metric":"${'\\udfff'.repeat(bytes / 6)}"` }),
  'a long unit of white space': (bytes) => text({ content: `"unit":"${' '.repeat(bytes)}"` }),
  'a long view name without a visible character': (bytes) =>
    text({ view: `"id":"4","name":"${'\\u200b'.repeat(bytes / 6)}"` }),
  'a long view name of control characters': (bytes) =>
    text({ view: `"id":"4","name":"${'a\\u0001'.repeat(bytes / 7)}"` }),
  'a long environment name and view name': (bytes) =>
    text({
      environment: `"id":"a","name":"${'é'.repeat(bytes / 4)}"`,
      view: `"id":"4","name":"${'💥'.repeat(bytes / 9)}"`,
    }),
  'a long view ID of separators': (bytes) => text({ view: `"id":"${'%:'.repeat(bytes / 2)}"` }),
  'a number of many digits': (bytes) =>
    text({ content: `"threshold":30,"value":${'9'.repeat(bytes)}` }),
  'a fraction of many digits': (bytes) =>
    text({ content: `"threshold":0.${'0'.repeat(bytes / 2)}1,"value":0.${'3'.repeat(bytes / 2)}` }),
  'a time of many blanks': (bytes) =>
    text({ content: '"value":1' }).replace(
      '"event":{',
      `"event":{"time":"2${' '.repeat(bytes)}Z",`,
    ),
};

/** Parses, routes, translates and logs one event; with a refusal, so that the log shows all of it. */
async function handle(event: string): Promise<number> {
  const meta = { receivedAt: new Date(NOW - 1_000).toISOString(), requestId: 'request' };
  const message = queued({ body: writeEventMessage(meta, event) });
  const begin = process.cpuUsage();
  const read = readCandidate(message, ROUTES);
  if (read.kind !== 'candidate') throw new Error(read.undeliverable.detail);
  const { severity, receivedAt, dedupKey } = read.candidate;
  const sent = translate(read.candidate.event, {
    integrationKey: KEYS['shop'] ?? '',
    dedupKey,
    severity,
    ownSeverity: severity,
    consoleUrl: 'https://app.glasnostic.com',
    receivedAt,
    now: NOW,
  });
  const size = Buffer.byteLength(JSON.stringify(sent));
  const bench = deliveryBench(() => OUTCOMES.refused);
  const report = await deliverBatch([message], NOW + 60_000, bench.context);
  const queues = { sendToDeadLetterQueue: async () => new Set<never>(), defer: async () => {} };
  const batch = await settle(report.processed, queues, { retryAfter: 1, until: NOW });
  const log = recordingLog();
  reportBatch(report, batch, log, {
    stage: 'test',
    routes: ROUTES,
    levels: NO_LEVELS,
    begin: NOW,
    now: NOW,
  });
  expect(log.text()).toContain('An event became a dead letter');
  // Not the time that passed: the machine may have other work.
  const { user, system } = process.cpuUsage(begin);
  const took = (user + system) / 1_000;
  expect(batch.tally.deadLettered).toBe(1);
  expect(size).toBeLessThanOrEqual(LIMITS.bodyBytes);
  return took;
}

/** The shortest of three times: the first one includes compiling. */
async function timeOf(event: string): Promise<number> {
  const times = [await handle(event), await handle(event), await handle(event)];
  return Math.min(...times);
}

describe.each(Object.entries(EVENTS))('a hostile event, %s,', (_, of) => {
  test('takes little time, which grows no faster than its size', async () => {
    const [quarter, whole] = [of(LARGEST / 4), of(LARGEST)];
    expect(Buffer.byteLength(whole)).toBeGreaterThan(0.9 * LARGEST);
    expect(Buffer.byteLength(whole)).toBeLessThan(256 * 1024);
    const [small, large] = [await timeOf(quarter), await timeOf(whole)];
    expect(large).toBeLessThan(BUDGET);
    // 4 times when it is linear, 16 times when it is quadratic. Short times vary too much.
    expect(large).toBeLessThan(Math.max(12 * small, 200));
  });

  test('does not delay the pages of its batch', async () => {
    const meta = { receivedAt: new Date(NOW - 1_000).toISOString(), requestId: 'request' };
    const hostile = queued({ body: writeEventMessage(meta, of(LARGEST)), id: 'hostile' });
    const calledAt = new Map<string | undefined, number>();
    const begin = process.cpuUsage();
    const bench = deliveryBench((event) => {
      const { user, system } = process.cpuUsage(begin);
      calledAt.set(viewOf(event), (user + system) / 1_000);
      return OUTCOMES.delivered;
    });
    const pages = Array.from({ length: 9 }, (__, page) =>
      queued({ view: `page ${page}`, environment: page % 2 === 0 ? 'a' : 'b' }),
    );
    await deliverBatch([hostile, ...pages], NOW + 60_000, bench.context);
    const delays = pages.map((__, page) => calledAt.get(`page ${page}`) ?? Infinity);
    expect(Math.max(...delays)).toBeLessThan(BUDGET);
  });
});
