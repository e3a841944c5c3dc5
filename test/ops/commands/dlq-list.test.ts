/** The list of dead letters and its filters, and the plan of a replay, against the local bridge. */

import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';

import type { Bridge } from '../../../local/bridge.ts';
import { until } from '../../../testkit/scenario.ts';
import { type OperatedBridge, startOperatedBridge } from '../support/bridge.ts';

let operated: OperatedBridge;
let bridge: Bridge;
let run: OperatedBridge['run'];
let json: OperatedBridge['json'];
let refuse: OperatedBridge['refuse'];

beforeAll(async () => {
  operated = await startOperatedBridge();
  ({ bridge, run, json, refuse } = operated);
}, 120_000);

afterEach(async () => {
  await operated.cleanUp();
});

afterAll(async () => {
  await bridge.stop();
});

describe('dlq', () => {
  test('list groups by incident, and breaks its lines between words', async () => {
    await refuse(['--view', '7', '--count', '3'], ['--view', 'net']);
    const { stdout } = await run(['dlq', 'list', '--view', '7'], { columns: 60 });
    expect(stdout).toMatch(/^[\da-f]{8} {2}View 7 requests ×3, warning, newest/);
    expect(stdout).toContain('\n          platform, rejected 400: ');
    expect(stdout).toMatch(/\n3 dead letters match, of 4 in the queue, in 1 group\.\n$/);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(60);
  });

  test.each([
    ['--severity', 'critical', 1],
    ['--metric', 'Requests', 2],
    ['--metric', 'latency', 0],
    ['--text', 'view NET', 1],
  ])('list %s %s', async (option, value, matched) => {
    await refuse(['--view', '7', '--value', '75'], ['--view', 'net']);
    expect(await json('dlq', 'list', option, value)).toMatchObject({ matched });
  });

  test('replay says in its plan that PagerDuty fails, and that the events will wait', async () => {
    await refuse(['--view', 'down']);
    bridge.standIn?.setMode({ kind: 'down' });
    await json('send', '--view', 'up', '--count', '2');
    await until(() => (bridge.standIn?.callCounts()['503'] ?? 0) > 2, { seconds: 20 });
    const { stderr } = await run(['dlq', 'replay', '--dry-run']);
    expect(stderr).toMatch(
      /! PagerDuty answers 503 since \d\d:\d\d UTC: (?:while that lasts they|some may) wait/,
    );
    expect(stderr).not.toContain('may end as deduplicated');
  });
});
