import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { local } from '../../config/local.ts';
import { OPEN_INCIDENT } from '../../lambda/shared/open-incident.ts';
import type { Bridge } from '../../local/bridge.ts';
import { PAGERDUTY_RATE_LIMIT } from '../../local/pagerduty/rate-limit.ts';
import { delay, post, startScenario, until, viewEvent } from '../../testkit/scenario.ts';
import { putOpenIncident } from '../support/open-incident-rows.ts';

const INCIDENTS = 500;
const PAGES = 10;
const SECONDS_BETWEEN_PAGES = 3;

/**
 * Goals for a page, milliseconds. PagerDuty takes 200 ms, and the machine may be busy. Without the
 * reserve, a page would wait for the rest of the minute.
 */
const GOALS = { median: 1_500, longest: 15_000 } as const;

const KEY = 'k'.repeat(32);

let bridge: Bridge;

beforeAll(async () => {
  bridge = await startScenario(
    { routes: local.routes },
    {
      integrationKeys: KEY,
      // For the incidents that are open at the start. The test checks the real limit itself.
      standIn: { rateLimit: { calls: 10 * INCIDENTS, windowSeconds: 60 } },
      // At most one instance sweeps at a time, as with the real rate of a tick per minute.
      tickSeconds: 15,
    },
  );
});

afterAll(async () => {
  await bridge.stop();
});

/** Opens an incident as a former instance of delivery did, and lets it be due. */
async function openAndDue(dedupKey: string): Promise<void> {
  const response = await fetch(`${bridge.pagerDutyUrl}/v2/enqueue`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      routing_key: KEY,
      event_action: 'trigger',
      dedup_key: dedupKey,
      payload: { summary: dedupKey, source: 'test', severity: 'warning' },
    }),
  });
  expect(response.status).toBe(202);
  await response.arrayBuffer();
  const due = Date.now() - 1_000;
  await putOpenIncident(bridge, {
    [OPEN_INCIDENT.incidentKey]: { S: `local-service ${dedupKey}` },
    [OPEN_INCIDENT.due]: { N: String(due) },
    [OPEN_INCIDENT.lastEvent]: { N: String(due - 60_000) },
    [OPEN_INCIDENT.opened]: { N: String(due - 60_000) },
    [OPEN_INCIDENT.summary]: { S: dedupKey },
  });
}

/** Most calls of the bridge within one window of PagerDuty's rate limit. */
function mostCallsInWindow(calls: readonly number[]): number {
  const window = PAGERDUTY_RATE_LIMIT.windowSeconds * 1000;
  return Math.max(
    ...calls.map((start) => calls.filter((at) => at >= start && at < start + window).length),
  );
}

test(`${INCIDENTS} incidents that are due at once leave room for critical pages`, async () => {
  // As slow as PagerDuty, so that resolves are under way when a page comes.
  bridge.standIn?.setMode({ kind: 'slow', milliseconds: 200 });
  const keys = Array.from({ length: INCIDENTS }, (_, n) => `glasnostic:earlier:${n}:requests`);
  await Promise.all(keys.map(openAndDue));
  const seeded = bridge.standIn?.calls().length ?? 0;
  const resolved = (): number =>
    (bridge.standIn?.incidents() ?? []).filter(({ status }) => status === 'resolved').length;
  await until(() => resolved() > 0, { seconds: 30 });

  const delays: number[] = [];
  for (let n = 0; n < PAGES; n += 1) {
    const posted = Date.now();
    expect(await post(bridge, viewEvent(`page-${n}`, { value: 91 }))).toBe(202);
    const page = () =>
      bridge.standIn?.incidents().find(({ dedupKey }) => dedupKey.includes(`:page-${n}:`));
    await until(() => page() !== undefined, { seconds: 60 });
    expect(page()?.severity).toBe('critical');
    delays.push(Date.parse(page()?.openedAt ?? '') - posted);
    await delay(Math.max(0, posted + SECONDS_BETWEEN_PAGES * 1000 - Date.now()));
  }
  const sorted = delays.toSorted((a, b) => a - b);
  expect(sorted[PAGES / 2]).toBeLessThan(GOALS.median);
  expect(sorted.at(-1)).toBeLessThan(GOALS.longest);
  // The pages do not stop the resolves. `sweep.test.ts` holds their rate, on the virtual clock.
  await until(() => resolved() >= PAGERDUTY_RATE_LIMIT.calls / 4, { seconds: 60 });
  const calls = (bridge.standIn?.calls() ?? []).slice(seeded).map(({ at }) => Date.parse(at));
  expect(mostCallsInWindow(calls)).toBeLessThanOrEqual(PAGERDUTY_RATE_LIMIT.calls);
});
