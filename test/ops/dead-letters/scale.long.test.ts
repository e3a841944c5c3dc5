import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect, test } from '@jest/globals';

const SCALE = fileURLToPath(new URL('../support/scale.ts', import.meta.url));

test('10,000 of 11,000 dead letters are replayed with a filter in less than 60 s', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    SCALE,
    '11000',
    'dlq',
    'replay',
    '--service',
    'platform',
    '--yes',
  ]);
  const figures: unknown = JSON.parse(stdout);
  const none = { inFlight: 0, delayed: 0 };
  expect(figures).toMatchObject({
    code: 0,
    last: '10,000 put back, 0 failed.\n',
    deadLetters: { visible: 1_000, ...none },
    events: { visible: 10_000, ...none },
  });
  const seconds = Number(/"seconds":([\d.]+)/.exec(stdout)?.[1]);
  expect(seconds).toBeLessThan(60);
}, 120_000);
