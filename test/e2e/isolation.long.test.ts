import { afterAll, beforeAll, expect, test } from '@jest/globals';

import type { Bridge } from '../../local/bridge.ts';
import type { StandInMode } from '../../local/pagerduty/mode.ts';
import {
  delay,
  post,
  postAtRate,
  startScenario,
  until,
  viewEvent,
} from '../../testkit/scenario.ts';

const CALL_TIMEOUT_SECONDS = 1;
const BROKEN_VIEWS = 5;

let bridge: Bridge;

beforeAll(async () => {
  bridge = await startScenario({
    routes: [
      { environment: 'broken', service: 'service-broken', severity: 'warning' },
      { environment: 'works', service: 'service-works', severity: 'warning' },
    ],
    delivery: { callTimeoutSeconds: CALL_TIMEOUT_SECONDS, circuitCapSeconds: 2 },
  });
});

afterAll(async () => {
  await bridge.stop();
});

/** Events of one service, each of the next view, until `signal` is aborted. */
function* brokenEvents(kind: string, signal: AbortSignal): Iterable<object> {
  for (let n = 0; !signal.aborted; n += 1) {
    yield viewEvent(`${kind}-${n % BROKEN_VIEWS}`, { environment: 'broken' });
  }
}

const callsOf = (service: string): number =>
  bridge.standIn?.calls().filter((call) => call.service === service).length ?? 0;

/** Posts an event of the service that works. @returns milliseconds until its incident is open */
async function pageOf(view: string): Promise<number> {
  const begin = performance.now();
  expect(await post(bridge, viewEvent(view, { environment: 'works' }))).toBe(202);
  const isOpen = (): boolean =>
    bridge.standIn?.incidents().some(({ dedupKey }) => dedupKey.split(':')[2] === view) === true;
  await until(isOpen, { seconds: 20, state: () => bridge.standIn?.callCounts() });
  return performance.now() - begin;
}

test.each<StandInMode>([{ kind: 'down', status: 500 }, { kind: 'hang' }])(
  'while the calls of one key end as $kind, the pages of another service go out within seconds',
  async (mode) => {
    const stopping = new AbortController();
    const before = callsOf('service-broken');
    bridge.standIn?.setMode({ ...mode, service: 'service-broken' });
    const noise = postAtRate(bridge, brokenEvents(mode.kind, stopping.signal), 5);
    await until(() => callsOf('service-broken') > before, { seconds: 20 });

    const pages: number[] = [];
    for (let n = 0; n < 8; n += 1) {
      pages.push(await pageOf(`page-${mode.kind}-${n}`));
      // Pages of a service that works are rare.
      await delay(250);
    }
    stopping.abort();
    await noise;

    expect(bridge.standIn?.incidents().every(({ service }) => service === 'service-works')).toBe(
      true,
    );
    const sorted = pages.toSorted((a, b) => a - b);
    // Two batches at most hang in a call before a page, and the machine may be busy.
    expect(sorted.at(-1)).toBeLessThan(2 * CALL_TIMEOUT_SECONDS * 1000 + 1_000);
    expect(sorted[4]).toBeLessThan(1_000);
  },
);
