/**
 * The calls that each command makes are those in docs/operator-permissions.md, and these are the two
 * policies that a stage makes.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { grantsOf, type OperatorRole } from '../../lib/operator-grants.ts';
import { type Deployed, startDeployed, WEBHOOK_REQUEST_ID } from './support/deployed.ts';
import { OPEN_INCIDENTS_TABLE, openIncidentRow, putRows } from './support/open-incidents.ts';
import { addDeadLetters, NOON } from './support/queues.ts';
import { run } from './support/run.ts';

const DOCUMENT = readFileSync(
  new URL('../../docs/operator-permissions.md', import.meta.url),
  'utf8',
);

/** Every command makes this call, and the rows do not repeat it. */
const OF_EVERY_COMMAND = 'cloudformation:DescribeStacks on stack';

/** A command in the document. */
interface Row {
  readonly role: OperatorRole;
  /** `<action> on <resource>` of each call, sorted. */
  readonly calls: readonly string[];
}

/** The table of commands. */
function documentedCommands(): ReadonlyMap<string, Row> {
  const rows = DOCUMENT.matchAll(/^\| `([a-z -]+)` +\| (viewer|operator) +\| (.+?) +\|$/gm);
  return new Map(
    [...rows].map(([, command = '', role, cell = '']) => {
      const calls = cell.split('; ').flatMap((part) => {
        const [resource = '', actions = ''] = part.split(': ');
        return [...actions.matchAll(/`([^`]+)`/g)].map(([, action]) => `${action} on ${resource}`);
      });
      return [
        command,
        {
          role: role === 'viewer' ? 'viewer' : 'operator',
          calls: [OF_EVERY_COMMAND, ...calls].toSorted(),
        },
      ];
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
  // What the functions log about the event of `send --test`, so that the command ends.
  deployed.logs.set('delivery-log', [
    JSON.stringify({ message: 'The incident of a test was resolved', request_ids: ['message-1'] }),
  ]);
  // The answer of the webhook has this ID, and `verify --send` looks for its line.
  deployed.logs.set('ingest-log', [JSON.stringify({ request_id: WEBHOOK_REQUEST_ID })]);
  folder = mkdtempSync(join(tmpdir(), 'permissions-'));
});

afterAll(async () => {
  await deployed.stop();
  rmSync(folder, { recursive: true });
});

/** Name of a resource in the fixture -> how the document calls it. */
const RESOURCES: Readonly<Record<string, string>> = {
  '*': 'CloudWatch',
  'glasnostic-pagerduty-example': 'stack',
  'keys-abcdef': 'integration keys',
  'token-abcdef': 'webhook token',
  'ingest-log': 'ingest log',
  'delivery-log': 'delivery log',
  events: 'events queue',
  deadLetters: 'dead-letter queue',
  [OPEN_INCIDENTS_TABLE]: 'open incidents',
  alarms: 'alarm topic',
};

function documented(resource: string): string {
  return RESOURCES[resource.split(/[/:]/).at(-1) ?? ''] ?? resource;
}

const file = (): string => join(folder, 'dead-letters.jsonl');

/** One use of each command that makes every call the command can make. */
const USES: readonly (readonly [command: string, args: () => readonly string[]])[] = [
  ['status', () => []],
  ['url', () => []],
  ['send', () => ['--yes']],
  ['send --test', () => ['--yes']],
  ['keys list', () => []],
  ['keys set', () => ['platform', '--yes']],
  ['keys check', () => []],
  ['keys remove', () => ['platform', '--yes']],
  ['token rotate', () => []],
  ['token revoke', () => ['--yes']],
  ['trace', () => ['0000-is-not-there']],
  ['verify', () => ['--send', '--yes']],
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

describe('the documented calls', () => {
  const commands = documentedCommands();

  test('are there for every command', () => {
    expect([...commands.keys()].toSorted()).toEqual(USES.map(([command]) => command).toSorted());
  });

  test.each(USES)('of %s are those that it makes', async (command, args) => {
    const { calls, stderr } = await run([...command.split(' '), ...args()], {
      input: 'k'.repeat(32),
      stages: deployed.stages,
    });
    expect(stderr).not.toContain('not allowed');
    const made = calls.map(({ action, resource }) => `${action} on ${documented(resource)}`);
    // It would hide pages from delivery.
    expect(made).not.toContain('sqs:ReceiveMessage on events queue');
    expect([...new Set(made)].toSorted()).toEqual(commands.get(command)?.calls);
  });

  test.each(['viewer', 'operator'] as const)('of the %s are those of the policy', (role) => {
    const allowed = grantsOf(role).flatMap(({ resource, actions }) =>
      actions.map((action) => `${action} on ${resource}`),
    );
    const calls = [...commands.values()]
      .filter((one) => role === 'operator' || one.role === 'viewer')
      .flatMap((one) => one.calls);
    expect(allowed.toSorted()).toEqual([...new Set(calls)].toSorted());
  });
});
