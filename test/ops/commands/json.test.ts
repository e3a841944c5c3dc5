/** `--json` prints exactly the fields that `--help` documents. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { COUNTERS, SERVICE_COUNTERS } from '../../../ops/status/counters.ts';
import { type Deployed, startDeployed } from '../support/deployed.ts';
import { fieldsOf } from '../support/fields.ts';
import { openIncidentRow, putRows } from '../support/open-incidents.ts';
import { addDeadLetters } from '../support/queues.ts';
import { run } from '../support/run.ts';

let deployed: Deployed;
let folder: string;

beforeAll(async () => {
  deployed = await startDeployed();
  folder = mkdtempSync(join(tmpdir(), 'json-'));
  await addDeadLetters(deployed.queues, 2);
  await putRows(deployed.queues.gateway, [openIncidentRow('platform d', Date.now())]);
  deployed.subscriptions.push({
    protocol: 'email',
    endpoint: 'oncall@example.com',
    arn: 'PendingConfirmation',
  });
  const line = { message: 'Event accepted', outcome: 'accepted', message_id: 'message-1' };
  deployed.logs.set('ingest-log', [JSON.stringify({ ...line, timestamp: '2026-08-28T12:00:00Z' })]);
  deployed.alarms.push({
    AlarmName: 'glasnostic-pagerduty-example-AlarmsX1A2B3C4D-AbCdEfGhIjKl',
    AlarmDescription: 'Stage example. Impact: none.',
    StateValue: 'OK',
  });
});

afterAll(async () => {
  await deployed.stop();
  rmSync(folder, { recursive: true });
});

const DEAD_LETTER = [
  'id',
  'reason',
  'detail',
  'httpStatus',
  'receiveCount',
  'failedAt',
  'receivedAt',
  'requestId',
  'originalMessageId',
  'service',
  'dedupKey',
  'event.kind',
  'event.summary',
  'event.occurredAt',
  'event.severity',
  'event.environment.id',
  'event.environment.name',
  'event.view.id',
  'event.view.name',
  'event.metric',
  'deduplicated',
  'problem',
];

const OVERVIEW = [
  'plan.count',
  'plan.services.platform',
  'plan.reasons.rejected',
  'plan.oldest',
  'plan.newest',
  'plan.incidents',
  'plan.duplicates',
];

const RECENT = ['span', ...Object.keys(COUNTERS), ...Object.keys(SERVICE_COUNTERS)];

const file = (): string => join(folder, 'dead-letters.jsonl');

/** In this order: the last ones empty the queue. */
const DOCUMENTS: readonly (readonly [string, () => readonly string[], readonly string[]])[] = [
  [
    'status',
    () => [],
    [
      'stage',
      'at',
      'verdict.answer',
      'verdict.sentence',
      ...['topic', 'answer', 'sentence'].map((name) => `verdict.findings[].${name}`),
      ...['ready', 'inFlight', 'delayed', 'updatesNotDue', 'ticks', 'oldestSeconds'].map(
        (name) => `queue.${name}`,
      ),
      ...['count', 'reasons.rejected', 'recent', 'deletedSoon', 'sampled'].map(
        (name) => `deadLetters.${name}`,
      ),
      ...['service', 'state', 'routed'].map((name) => `keys[].${name}`),
      ...RECENT.map((name) => `recent.${name}`),
      ...[
        'state',
        'lastPage',
        'lastSuccess',
        'failedSince',
        'refusedSince',
        'failingSince',
        'lastFailure',
        'httpStatus',
      ].map((name) => `calls.${name}`),
      'delayMinutes',
      ...['name', 'state', 'since', 'runbook'].map((name) => `alarms[].${name}`),
      'hasAlarmReceiver',
    ],
  ],
  ['url', () => [], ['url']],
  ['keys list', () => [], ['service', 'state', 'routed', 'note'].map((name) => `keys[].${name}`)],
  ['keys set', () => ['platform'], ['service', 'result', 'openUnderFormerKey']],
  ['alarms list', () => [], ['kind', 'name', 'confirmed'].map((name) => `receivers[].${name}`)],
  ['alarms page', () => ['--pagerduty-region', 'us'], ['subscribed']],
  [
    'keys check',
    () => ['platform'],
    ['service', 'result', 'detail'].map((name) => `keys[].${name}`),
  ],
  [
    'send',
    () => ['--yes'],
    [
      'posted',
      'accepted',
      'ignored',
      'failed',
      ...['status', 'count', 'detail'].map((name) => `answers[].${name}`),
      'milliseconds.median',
      'milliseconds.longest',
    ],
  ],
  [
    'trace',
    () => ['message-1'],
    ['ids[]', 'fate', ...['at', 'message', 'fields.outcome'].map((name) => `steps[].${name}`)],
  ],
  [
    'incidents list',
    () => [],
    [
      ...[
        'service',
        'dedupKey',
        'environment',
        'view',
        'metric',
        'summary',
        'opened',
        'lastEvent',
        'due',
        'state',
      ].map((name) => `incidents[].${name}`),
      'matched',
      'open',
    ],
  ],
  [
    'incidents resolve',
    () => ['--yes'],
    [
      ...['count', 'open', 'services.platform', 'oldest', 'newest', 'toResolve'].map(
        (name) => `plan.${name}`,
      ),
      ...['keyMissing', 'keyChanged'].map((name) => `plan.${name}`),
      ...['due', 'alreadyDue', 'failed', 'remaining', 'waited'].map((name) => `result.${name}`),
    ],
  ],
  [
    'dlq list',
    () => [],
    [...DEAD_LETTER.map((name) => `deadLetters[].${name}`), 'matched', 'scanned', 'partial'],
  ],
  ['dlq export', () => ['--output', file()], ['file', 'exported', 'partial']],
  [
    'dlq import',
    () => [file(), '--yes'],
    ['plan.missing', 'plan.present', 'plan.partial', 'result'],
  ],
  [
    'dlq discard',
    () => ['--export', file(), '--limit', '1', '--yes'],
    [
      ...OVERVIEW,
      'plan.unsaved',
      'plan.partial',
      ...['discarded', 'failed', 'remaining', 'ending'].map((name) => `result.${name}`),
    ],
  ],
  [
    'dlq replay',
    () => ['--yes'],
    [
      ...OVERVIEW,
      'plan.toSend',
      'plan.toDeduplicate',
      'plan.outage',
      'plan.partial',
      ...['sent', 'deduplicated', 'failed', 'inBoth', 'remaining', 'ending'].map(
        (name) => `result.${name}`,
      ),
    ],
  ],
];

test.each(DOCUMENTS)('of %s', async (command, args, fields) => {
  const input = 'k'.repeat(32);
  const { code, stdout, stderr } = await run([...command.split(' '), ...args(), '--json'], {
    input,
    stages: deployed.stages,
  });
  expect({ code, stderr: stderr.includes('Error') }).toEqual({ code: 0, stderr: false });
  const document: unknown = JSON.parse(stdout);
  // An empty list has no fields of its own.
  expect([...new Set(fieldsOf(document))].toSorted()).toEqual(fields.toSorted());

  const help = (await run([...command.split(' '), '--help'])).stdout;
  const documented = /\nJSON: ([^]+)$/.exec(help)?.[1] ?? '';
  // The names of services and reasons are the data's own.
  const names = fields.flatMap((field) => field.split(/\[\]\.?|\./).filter((name) => name !== ''));
  for (const name of names.filter((one) => !['platform', 'rejected', 'outcome'].includes(one))) {
    expect(documented).toMatch(new RegExp(`\\b${name}\\b`));
  }
});
