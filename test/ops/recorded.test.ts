/** `status` on a deployed stage, against the recorded metrics of an outage. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import * as v from 'valibot';

import { type Deployed, startDeployed } from './support/deployed.ts';
import { run } from './support/run.ts';

const series = v.record(v.string(), v.number());
const { metrics, waiting } = v.parse(
  v.object({ metrics: v.record(v.string(), series), waiting: series }),
  JSON.parse(
    readFileSync(fileURLToPath(new URL('support/outage.recorded.json', import.meta.url)), 'utf8'),
  ),
);

/** Begin of the outage; it ends 15.5 minutes later. Milliseconds since 1970. */
const BEGIN = Date.parse('2026-11-26T23:06:40Z');

const MINUTE = 60_000;

let deployed: Deployed;

beforeAll(async () => {
  deployed = await startDeployed();
  const keys = { network: 'k'.repeat(32), platform: 'k'.repeat(32) };
  deployed.queues.gateway.secrets.put('keys', JSON.stringify(keys));
});

beforeEach(() => {
  deployed.clear();
});

afterAll(async () => {
  await deployed.stop();
});

/** Makes as many events wait as did at a time. */
async function wait(at: number): Promise<void> {
  const { events, gateway } = deployed.queues;
  await gateway.queues.call('PurgeQueue', { QueueUrl: events.url });
  const minute = `${new Date(at).toISOString().slice(0, 16)}:00Z`;
  for (let n = 0; n < (waiting[minute] ?? 0); n += 1) {
    await gateway.queues.call('SendMessage', { QueueUrl: events.url, MessageBody: '{}' });
  }
}

/** Runs `status` so many minutes after the begin, with figures that come so many minutes late. */
async function look(minute: number, delay: number) {
  const at = BEGIN + minute * MINUTE;
  await wait(at);
  // A minute is there when it has ended, and then as late as the others.
  deployed.recording.value = { metrics, until: at - (1 + delay) * MINUTE };
  return run(['status', '--exit-code'], { now: () => at });
}

const NO = /^Are pages getting out\? NO: PagerDuty answers 503 since 23:06 UTC; \d events? waits?/;

test.each<[minute: number, delay: number, code: number, text: RegExp]>([
  [0, 0, 0, /YES: the last page got out at 23:05 UTC, 1 min ago; no event waits\./],
  // The queue already has events. They may be updates, and the figures are from before.
  [1, 1, 0, /YES: the last page .*; 2 events wait; .*\. The figures are up to 3 min old\./],
  // In this minute, calls succeeded and then failed.
  [1, 0, 4, /LATE: PagerDuty answers 503 since 23:06 UTC, and is tried again; 2 events wait/],
  [2, 0, 3, NO],
  [3, 0, 3, NO],
  [3, 1, 3, NO],
  [4, 2, 3, NO],
  [5, 3, 3, NO],
  [5, 1, 3, NO],
  [10, 1, 3, NO],
  [15, 1, 3, NO],
  [15, 3, 3, NO],
  // The outage ended one and a half minutes ago.
  [17, 1, 3, /NO: PagerDuty answers 503 since 23:06 UTC; no event waits\./],
  [18, 1, 0, /YES: the last page got out at 23:22 UTC, 2 min ago; no event waits\./],
  [19, 1, 0, /YES: the last page got out at 23:23 UTC, 2 min ago; no event waits\./],
])('minute %d, %d minutes late: exit code %d', async (minute, delay, code, text) => {
  const ran = await look(minute, delay);
  expect(ran.stdout).toMatch(text);
  expect(ran).toMatchObject({ code, stderr: '' });
});

test('in an outage with an alarm and old dead letters, the headline stays the outage', async () => {
  deployed.alarms.push({
    AlarmName: 'glasnostic-pagerduty-example-AlarmsPagerDutyUnavailable1A2B3C4D-AbCdEfGhIjKl',
    AlarmDescription:
      'Stage example. Impact: none.\nRunbook: docs/runbook.md#pagerduty-unavailable',
    StateValue: 'ALARM',
    StateTransitionedTimestamp: (BEGIN + 8 * MINUTE) / 1_000,
  });
  const { stdout } = await look(12, 1);
  expect(stdout).toMatch(NO);
  expect(stdout).toMatch(/\nCalls +last page at 23:06 UTC, \d+ min ago; \d+ failed calls since\n/);
  expect(stdout).toMatch(/\nAlarms +PagerDutyUnavailable since 23:14 UTC \(docs\/runbook/);
});
