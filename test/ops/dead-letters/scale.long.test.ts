import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { bury, startQueues, type TestQueues } from '../support/queues.ts';

const OPS = fileURLToPath(new URL('../../../bin/ops.ts', import.meta.url));

let queues: TestQueues;

beforeAll(async () => {
  queues = await startQueues();
});

afterAll(async () => {
  await queues.stop();
});

test('10,000 of 12,000 dead letters are replayed with a filter in less than 60 s', async () => {
  await bury(queues, 12_000, (number) => ({
    service: number % 6 === 0 ? 'network' : 'platform',
    view: String(number % 10),
  }));
  const start = performance.now();
  const child = spawn(
    process.execPath,
    // A heap this small cannot hold the letters: they have to pass through.
    ['--max-old-space-size=96', OPS, 'dlq', 'replay', '--service', 'platform', '--yes'],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: {
        PATH: process.env['PATH'],
        BRIDGE_STAGE: 'local',
        BRIDGE_URL: queues.bridgeUrl,
      },
    },
  );
  expect(await text(child.stdout)).toBe('10,000 put back, 0 failed.\n');
  expect(performance.now() - start).toBeLessThan(60_000);
  expect(await queues.deadLetters.depth()).toMatchObject({ visible: 2_000, inFlight: 0 });
  expect(await queues.events.depth()).toMatchObject({ visible: 10_000 });
}, 120_000);
