/** The calls that each command makes, against the policies of docs/operator-permissions.md. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as v from 'valibot';

import { type Deployed, startDeployed } from './support/deployed.ts';
import { OPEN_INCIDENTS_TABLE, openIncidentRow, putRows } from './support/open-incidents.ts';
import { addDeadLetters, NOON } from './support/queues.ts';
import { run } from './support/run.ts';

const DOCUMENT = readFileSync(
  new URL('../../docs/operator-permissions.md', import.meta.url),
  'utf8',
);

const policySchema = v.object({
  Version: v.literal('2012-10-17'),
  Statement: v.array(
    v.object({
      Effect: v.literal('Allow'),
      Action: v.union([v.string(), v.array(v.string())]),
      Resource: v.string(),
    }),
  ),
});

/** `action resource` of each statement, by command. */
function policies(): ReadonlyMap<string, readonly string[]> {
  const sections = DOCUMENT.matchAll(/^## (.+)\n[^#]*?```json\n([^`]+)```/gm);
  return new Map(
    [...sections].map(([, command = '', json = '']) => {
      const { Statement } = v.parse(policySchema, JSON.parse(json));
      const pairs = Statement.flatMap(({ Action, Resource }) =>
        [Action].flat().map((action) => `${action} ${Resource}`),
      );
      return [command, pairs.toSorted()];
    }),
  );
}

let deployed: Deployed;
let folder: string;

beforeAll(async () => {
  deployed = await startDeployed();
  await addDeadLetters(deployed.queues, 6, (number) => ({
    view: String(number % 2),
    at: NOON + number,
  }));
  await putRows(deployed.queues.gateway, [openIncidentRow('platform d', Date.now())]);
  folder = mkdtempSync(join(tmpdir(), 'permissions-'));
});

afterAll(async () => {
  await deployed.stop();
  rmSync(folder, { recursive: true });
});

/** A resource as the document writes it. */
function documented(resource: string): string {
  if (resource === '*') return '*';
  const name = resource.split(/[/:]/).at(-1) ?? '';
  const secret = 'arn:aws:secretsmanager:<region>:<account>:secret:';
  const queue = 'arn:aws:sqs:<region>:<account>:';
  const names: Readonly<Record<string, string>> = {
    'glasnostic-pagerduty-example': 'arn:aws:cloudformation:<region>:<account>:stack/<stack>/*',
    'keys-abcdef': `${secret}<integration-keys>`,
    'token-abcdef': `${secret}<webhook-token>`,
    'ingest-log': 'arn:aws:logs:<region>:<account>:log-group:<ingest-log>:*',
    'delivery-log': 'arn:aws:logs:<region>:<account>:log-group:<delivery-log>:*',
    events: `${queue}<events-queue>`,
    deadLetters: `${queue}<dead-letter-queue>`,
    [OPEN_INCIDENTS_TABLE]: 'arn:aws:dynamodb:<region>:<account>:table/<open-incidents>',
    alarms: 'arn:aws:sns:<region>:<account>:<alarm-topic>',
  };
  return names[name] ?? resource;
}

const file = (): string => join(folder, 'dead-letters.jsonl');

/** One use of each command that makes every call the command can make. */
const USES: readonly (readonly [command: string, args: () => readonly string[]])[] = [
  ['status', () => []],
  ['url', () => []],
  ['send', () => ['--yes']],
  ['keys list', () => []],
  ['keys set', () => ['platform', '--yes']],
  ['keys check', () => []],
  ['keys remove', () => ['platform', '--yes']],
  ['token rotate', () => []],
  ['token revoke', () => ['--yes']],
  ['trace', () => ['0000-is-not-there']],
  ['incidents list', () => []],
  ['incidents resolve', () => ['--yes']],
  ['alarms list', () => []],
  ['alarms page', () => ['--pagerduty-region', 'us']],
  ['dlq list', () => []],
  ['dlq show', () => ['0000-is-not-there']],
  ['dlq export', () => ['--output', file(), '--force']],
  ['dlq discard', () => ['--export', file(), '--yes', '--view', '0']],
  ['dlq import', () => [file(), '--yes']],
  ['dlq replay', () => ['--yes', '--newest-per-incident', '--view', '1']],
];

describe('the documented policy', () => {
  test('is there for every command', () => {
    expect([...policies().keys()].toSorted()).toEqual(USES.map(([command]) => command).toSorted());
  });

  test.each(USES)('of %s allows what it calls, and nothing else', async (command, args) => {
    const { calls, stderr } = await run([...command.split(' '), ...args()], {
      input: 'k'.repeat(32),
      stages: deployed.stages,
    });
    expect(stderr).not.toContain('not allowed');
    const made = calls.map(({ action, resource }) => `${action} ${documented(resource)}`);
    // It would hide pages from delivery.
    expect(made).not.toContain('sqs:ReceiveMessage arn:aws:sqs:<region>:<account>:<events-queue>');
    expect([...new Set(made)].toSorted()).toEqual(policies().get(command));
  });
});
