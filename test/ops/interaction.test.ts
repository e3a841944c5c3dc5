/** Questions, hidden input and Ctrl-C. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { confirmed, readSecret } from '../../ops/terminal/ask.ts';
import { until } from '../../testkit/scenario.ts';
import { keyboard } from './support/keyboard.ts';
import { addDeadLetters, startQueues, type TestQueues } from './support/queues.ts';
import { childEnvironment } from '../support/child-environment.ts';

const OPS = fileURLToPath(new URL('../../bin/ops.ts', import.meta.url));

let queues: TestQueues;

beforeAll(async () => {
  queues = await startQueues();
});

afterAll(async () => {
  await queues.stop();
});

describe('a question', () => {
  test.each([
    ['y\r', true],
    ['n\r', false],
    ['\r', false],
    ['\u0003', false],
  ])('answered with %j', async (keys, answer) => {
    const { terminal, type, screen } = keyboard();
    const asked = confirmed(terminal, 'Put 3 dead letters back?');
    await until(() => screen().includes('Put 3 dead letters back?'), { seconds: 20 });
    type(keys);
    expect(await asked).toBe(answer);
  });
});

describe('a secret', () => {
  test('is read and never shown, whatever key is pressed', async () => {
    const { terminal, type, screen } = keyboard();
    const asked = readSecret(terminal, 'Integration key:');
    await until(() => screen().includes('Integration key:'), { seconds: 20 });
    type('Secret123');
    // What toggles the visibility in other prompts.
    type('\u0014');
    type('\r');
    expect(await asked).toBe('Secret123');
    expect(screen()).not.toContain('Secret');
    expect(screen()).not.toContain('toggle');
  });

  test('can be cancelled', async () => {
    const { terminal, type, screen } = keyboard();
    const asked = readSecret(terminal, 'Integration key:');
    await until(() => screen().includes('Integration key:'), { seconds: 20 });
    type('\u0003');
    await expect(asked).rejects.toThrow('Cancelled; nothing was changed.');
  });
});

test('Ctrl-C, passed on a second time by npm, stops a replay cleanly', async () => {
  const sent = await addDeadLetters(queues, 40);
  const child = spawn(process.execPath, [OPS, 'dlq', 'replay', '--yes', '--rate', '10/s'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: childEnvironment({ BRIDGE_STAGE: 'local', BRIDGE_URL: queues.bridgeUrl }),
  });
  const [stdout, stderr] = [text(child.stdout), text(child.stderr)];
  await until(async () => (await queues.bodies('deadLetters')).length < 40, { seconds: 20 });
  child.kill('SIGINT');
  child.kill('SIGINT');
  const [code, signal] = await once(child, 'exit');
  expect({ code: Number(code), signal: String(signal) }).toEqual({ code: 1, signal: 'null' });
  expect(await stdout).toMatch(/^\d+ put back, 0 failed, \d+ remaining\.\n$/);
  expect(await stderr).toContain('Stopped: ');
  expect(await queues.inFlight('deadLetters')).toBe(0);
  const both = [...(await queues.bodies('deadLetters')), ...(await queues.bodies('events'))];
  expect(both.toSorted()).toEqual(sent);
});
