import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { replayDeadLetters } from '../../../ops/dead-letters/replay.ts';
import { addDeadLetters, startQueues, type TestQueues } from '../support/queues.ts';
import { childEnvironment } from '../../support/child-environment.ts';

const REPLAYER = fileURLToPath(new URL('../support/replayer.ts', import.meta.url));

let queues: TestQueues;

beforeAll(async () => {
  queues = await startQueues();
});

afterAll(async () => {
  await queues.stop();
});

/** A process that replays once its input ends. */
function startReplayer() {
  return spawn(process.execPath, [REPLAYER], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: childEnvironment({ BRIDGE_URL: queues.bridgeUrl }),
  });
}

/** Lets it replay, and kills it `thenMillis` after it has sent so many dead letters. */
async function replayAndKill(
  replayer: ReturnType<typeof startReplayer>,
  afterSent: number,
  thenMillis: number,
): Promise<void> {
  const exited = once(replayer, 'exit');
  replayer.stdin.end();
  for await (const line of createInterface({ input: replayer.stdout })) {
    if (Number(line) >= afterSent) break;
  }
  await wait(thenMillis);
  replayer.kill('SIGKILL');
  await exited;
}

/** Bodies in both queues, each once. */
async function everywhere(): Promise<readonly string[]> {
  const here = await queues.bodies('deadLetters');
  const there = await queues.bodies('events');
  return [...new Set([...here, ...there])].toSorted();
}

test('a replay that is killed at 20 random moments loses no dead letter, and can be finished', async () => {
  const KILLS = 20;
  const DEAD_LETTERS = 600;
  const added = await addDeadLetters(queues, DEAD_LETTERS);
  // Each starts while the one before it runs: starting takes longer than what is tried here.
  let next = startReplayer();
  for (let kills = 1; kills <= KILLS; kills += 1) {
    const replayer = next;
    if (kills < KILLS) next = startReplayer();
    await replayAndKill(replayer, Math.floor(Math.random() * 25), Math.random() * 40);
    expect(await everywhere()).toEqual(added);
  }
  // Otherwise no kill came in the middle of a replay.
  expect(await queues.bodies('events')).not.toHaveLength(0);

  while ((await queues.bodies('deadLetters')).length > 0) await replayDeadLetters(queues, {});
  const back = await queues.bodies('events');
  expect([...new Set(back)]).toEqual(added);
  // Only what was being sent at a kill can be there twice.
  expect(back.length - DEAD_LETTERS).toBeLessThanOrEqual(KILLS * 16 * 10);
}, 60_000);
