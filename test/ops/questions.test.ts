/** Questions of the commands that could page, or change, the wrong stage. */

import { stripVTControlCharacters } from 'node:util';

import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { runOps } from '../../ops/main.ts';
import { until } from '../../testkit/scenario.ts';
import { type Deployed, startDeployed } from './support/deployed.ts';
import { keyboard } from './support/keyboard.ts';
import { addDeadLetters } from './support/queues.ts';
import { run } from './support/run.ts';

let deployed: Deployed;

beforeAll(async () => {
  deployed = await startDeployed();
  await addDeadLetters(deployed.queues, 3);
});

afterAll(async () => {
  await deployed.stop();
});

/** Starts a command, types the answers, and returns what it asked last. */
async function asked(
  args: readonly string[],
  answers: readonly (readonly [question: string, keys: string])[],
): Promise<{ readonly code: number; readonly screen: string }> {
  const { terminal, type, screen } = keyboard(300);
  const ended = runOps(args, { terminal, stages: deployed.stages });
  for (const [question, keys] of answers) {
    await until(() => screen().includes(question), { seconds: 10 });
    type(keys);
  }
  const code = await ended;
  return { code, screen: stripVTControlCharacters(screen()) };
}

const TARGET = 'stage example (account 000000000000, us-east-1)';

test.each([
  [['send'], 'It may page the responder on call', `Post 1 event to ${TARGET}?`],
  [
    ['send', '--test'],
    'It may page the responder',
    `Post a test to service platform of ${TARGET}? It may page the responder on call for that service.`,
  ],
])('%j names stage and account, and a no posts nothing', async (args, last, question) => {
  const { code, screen } = await asked(args, [[last, 'n\r']]);
  expect(screen).toContain(question);
  expect(screen).toContain('Nothing was posted.');
  expect(code).toBe(1);
  expect(deployed.posted).toEqual([]);
});

test('keys set names stage and account before it replaces a key, and a no changes nothing', async () => {
  const stored = { input: 'o'.repeat(32), stages: deployed.stages };
  expect(await run(['keys', 'set', 'platform', '--yes'], stored)).toMatchObject({ code: 0 });
  const before = deployed.queues.gateway.secrets.describe('keys');
  const { code, screen } = await asked(
    ['keys', 'set', 'platform'],
    [
      ['ntegration key', `${'n'.repeat(32)}\r`],
      ['eplace', 'n\r'],
    ],
  );
  expect(screen).toContain(TARGET);
  expect(screen).toMatch(/[Rr]eplace .*platform/);
  expect(code).toBe(1);
  expect(deployed.queues.gateway.secrets.describe('keys')).toEqual(before);
  expect(screen).not.toContain('n'.repeat(32));
});

test.each([
  [['dlq', 'replay'], `Put 3 dead letters back, in ${TARGET}?`],
  [
    ['dlq', 'replay', '--newest-per-incident'],
    `Put 1 dead letter back and delete 2 older ones, in ${TARGET}?`,
  ],
  [['keys', 'remove', 'platform'], `Remove the key of platform in ${TARGET}?`],
])(
  '%j names stage, account and what it deletes, and a no changes nothing',
  async (args, question) => {
    await run(['keys', 'set', 'platform', '--yes'], {
      input: 'o'.repeat(32),
      stages: deployed.stages,
    });
    const { code, screen } = await asked(args, [['(y/N)', 'n\r']]);
    expect(screen).toContain(question);
    expect(screen).toMatch(/Nothing was (?:done|changed)\./);
    expect(code).toBe(1);
  },
);

test('dead letters that another command holds are not called none', async () => {
  const { deadLetters } = deployed.queues;
  const held = await deadLetters.receive({ max: 3, visibilityTimeout: 60, waitTime: 0 });
  if (held === 'over-limit') throw new Error('The dead letters cannot be received.');
  expect(held).toHaveLength(3);
  const none = /^No dead letter could be read\.\n/;
  expect((await run(['dlq', 'list'])).stdout).toMatch(none);
  expect((await run(['dlq', 'replay', '--dry-run'])).stderr).toMatch(none);
  await deadLetters.giveBack(held);
});
