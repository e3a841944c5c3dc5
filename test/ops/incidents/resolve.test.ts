/** Making incidents due, on a real table. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { OPEN_INCIDENT, readOpenIncident } from '../../../lambda/shared/open-incident.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../../../local/aws-endpoint/aws-endpoint.ts';
import { explain } from '../../../ops/aws/explain.ts';
import { openIncidentsTable, type OpenIncidentsTable } from '../../../ops/aws/open-incidents.ts';
import { listIncidents } from '../../../ops/incidents/incident.ts';
import { planResolve, type ResolvePlan, runResolve } from '../../../ops/incidents/resolve.ts';
import {
  createOpenIncidentsTable,
  OPEN_INCIDENTS_TABLE,
  openIncidentRow,
  putRows,
} from '../support/open-incidents.ts';
import { NOON } from '../support/queues.ts';

const CLAIM_DURATION = 15_000;
const WHERE = { stage: 'example', region: 'us-east-1', isLocal: false };

let aws: AwsEndpoint;
let table: OpenIncidentsTable;
let otherTable: OpenIncidentsTable;

beforeAll(async () => {
  aws = await startAwsEndpoint({ region: 'us-east-1' });
  await createOpenIncidentsTable(aws);
  const access = {
    region: 'us-east-1',
    endpoint: aws.url,
    credentials: aws.register({ name: 'operator' }),
  };
  table = await openIncidentsTable(access, OPEN_INCIDENTS_TABLE, CLAIM_DURATION);
  otherTable = await openIncidentsTable(access, 'gone', CLAIM_DURATION);
});

beforeEach(async () => {
  aws.faults.clear();
  for (const { incidentKey } of await table.read()) await remove(incidentKey);
});

afterAll(async () => {
  await aws.stop();
});

async function remove(incidentKey: string): Promise<void> {
  await aws.tables.call('DeleteItem', {
    TableName: OPEN_INCIDENTS_TABLE,
    Key: { [OPEN_INCIDENT.incidentKey]: { S: incidentKey } },
  });
}

async function dueTimes(): Promise<Readonly<Record<string, number>>> {
  return Object.fromEntries((await table.read()).map(({ incidentKey, due }) => [incidentKey, due]));
}

const put = async (...rows: ReturnType<typeof openIncidentRow>[]): Promise<void> =>
  putRows(aws, rows);

const at = (millis: number) => ({ N: String(millis) });

/** Puts incidents that wait, and plans to resolve them. */
async function planned(count: number): Promise<ResolvePlan> {
  const keys = Array.from({ length: count }, (_, number) => `platform ${number}`);
  await put(...keys.map((key) => openIncidentRow(key, NOON)));
  const listed = listIncidents(await table.read(), {
    keyIds: new Map([['platform', 'any']]),
    claimDuration: CLAIM_DURATION,
    now: NOON,
  });
  return planResolve(listed, listed.length);
}

function run(plan: ResolvePlan, more: Partial<Parameters<typeof runResolve>[1]> = {}) {
  return runResolve(plan, {
    table,
    now: () => NOON,
    signal: new AbortController().signal,
    explain: (error) => explain(error, WHERE),
    onProgress: () => undefined,
    pollInterval: 1,
    ...more,
  });
}

describe('an incident is made due', () => {
  test('when it waits for its time, and only its time changes', async () => {
    const row = openIncidentRow('platform d', NOON, { expires: { N: '9' }, keyId: { S: 'k' } });
    await put(row);
    expect(await table.makeDue('platform d', NOON)).toBe(true);
    expect(await table.read()).toEqual([readOpenIncident({ ...row, due: at(NOON) })]);
  });

  test('when its last resolve failed, and its claim has expired', async () => {
    await put(openIncidentRow('platform d', NOON, { claimed: at(NOON - CLAIM_DURATION - 1) }));
    expect(await table.makeDue('platform d', NOON)).toBe(true);
  });

  test.each([
    ['is due already', { due: at(NOON - 1) }],
    ['is being resolved', { claimed: at(NOON - CLAIM_DURATION) }],
    ['was just resolved', { due: at(NOON - 9), claimed: at(NOON - 1), resolved: { BOOL: true } }],
  ])('but not when it %s', async (_, more) => {
    await put(openIncidentRow('platform d', NOON, more));
    const before = await table.read();
    expect(await table.makeDue('platform d', NOON)).toBe(false);
    expect(await table.read()).toEqual(before);
  });

  test('but none is created when it is gone', async () => {
    expect(await table.makeDue('platform gone', NOON)).toBe(false);
    expect(await table.read()).toEqual([]);
  });

  test('when the answer is lost, and the SDK tries again', async () => {
    await put(openIncidentRow('platform d', NOON));
    const effect = { kind: 'lose-answer' } as const;
    aws.faults.add({ action: 'dynamodb:UpdateItem', times: 1, effect });
    expect(await table.makeDue('platform d', NOON)).toBe(true);
  });
});

test('a table of more than one page is read to its end', async () => {
  const long = { S: 's'.repeat(100_000) };
  const keys = Array.from({ length: 25 }, (_, number) => `platform ${number}`);
  await put(...keys.map((key) => openIncidentRow(key, NOON, { summary: long })));
  expect(await table.read()).toHaveLength(25);
  expect(aws.callCounts()['operator dynamodb:Scan']).toBeGreaterThan(2);
});

describe('a resolve', () => {
  test('makes 500 incidents due, and counts those that others resolve meanwhile', async () => {
    const plan = await planned(500);
    await put(openIncidentRow('platform 7', NOON, { claimed: at(NOON - 1) }));
    await remove('platform 8');
    const progress: number[] = [];
    const result = await run(plan, { onProgress: (done) => progress.push(done) });
    expect(result).toEqual({
      due: 498,
      alreadyDue: 2,
      failed: 0,
      remaining: 0,
      waited: null,
      failures: [],
    });
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(progress.at(-1)).toBe(500);
    const { 'platform 7': claimed, ...others } = await dueTimes();
    expect(claimed).toBeGreaterThan(NOON);
    expect(new Set(Object.values(others))).toEqual(new Set([NOON]));
  });

  test('ends at the first call that is not allowed, and says what is left', async () => {
    const plan = await planned(20);
    aws.faults.add({
      action: 'dynamodb:UpdateItem',
      effect: { kind: 'respond', status: 400, code: 'AccessDeniedException' },
    });
    const { error, ...result } = await run(plan);
    expect(result).toMatchObject({ due: 0, failed: 0, remaining: 20 });
    expect(explain(error, WHERE)).toContain(
      'You are not allowed to do dynamodb:UpdateItem on open-incidents',
    );
  });

  test('goes on after a failure of one call, and counts it with its reason', async () => {
    const plan = await planned(3);
    // The five attempts of one call are mixed with the others' first attempts.
    aws.faults.add({
      action: 'dynamodb:UpdateItem',
      times: 15,
      effect: { kind: 'respond', status: 500, code: 'InternalServerError' },
    });
    const result = await run(plan);
    expect(result).toMatchObject({ due: 0, failed: 3, remaining: 0 });
    expect(result.failures).toMatchObject([{ count: 3 }]);
    expect(result.failures[0]?.reason).toContain('dynamodb:UpdateItem');
  });

  test('that is interrupted changes no further incidents', async () => {
    const plan = await planned(40);
    const stop = new AbortController();
    const result = await run(plan, {
      signal: stop.signal,
      onProgress: (done) => {
        if (done === 10) stop.abort();
      },
    });
    expect(result.due).toBeGreaterThanOrEqual(10);
    expect(result.due).toBeLessThan(40);
    expect(result.remaining).toBe(40 - result.due);
    const due = Object.values(await dueTimes()).filter((time) => time === NOON);
    expect(due).toHaveLength(result.due);
  });

  test('that waits counts what was resolved, what had a new event, and what is open', async () => {
    const plan = await planned(5);
    const stop = new AbortController();
    let reads = 0;
    const answering: OpenIncidentsTable = {
      ...table,
      read: async (signal) => {
        reads += 1;
        if (reads === 1) {
          // Forgotten after the resolve; resolved just now; resolved, and opened again.
          await remove('platform 0');
          const claimed = { claimed: at(NOON + 1), resolved: { BOOL: true }, due: at(NOON) };
          await put(
            openIncidentRow('platform 1', NOON, claimed),
            openIncidentRow('platform 2', NOON, { opened: at(NOON + 2) }),
            // An event came first.
            openIncidentRow('platform 3', NOON, { due: at(NOON + 99) }),
          );
        } else stop.abort();
        return table.read(signal);
      },
    };
    const progress: number[] = [];
    const result = await run(plan, {
      table: answering,
      wait: true,
      signal: stop.signal,
      onProgress: (done) => progress.push(done),
    });
    expect(result).toMatchObject({ due: 5, waited: { resolved: 3, postponed: 1, open: 1 } });
    expect(progress).toEqual([0, 4]);
  });

  test('that waits in vain for minutes says so once', async () => {
    const plan = await planned(1);
    const stop = new AbortController();
    let now = NOON;
    let stalled = 0;
    let reads = 0;
    const slow: OpenIncidentsTable = {
      ...table,
      read: async (signal) => {
        reads += 1;
        now += 120_000;
        if (reads === 4) stop.abort();
        return table.read(signal);
      },
    };
    await run(plan, {
      table: slow,
      now: () => now,
      wait: true,
      signal: stop.signal,
      onStalled: () => {
        stalled += 1;
      },
    });
    expect({ reads, stalled }).toEqual({ reads: 4, stalled: 1 });
  });
});

test('a table that is gone is explained', async () => {
  const error = await otherTable.read().catch((failure: unknown) => failure);
  expect(explain(error, WHERE)).toBe(
    'The table gone is not there any more; deploy the stage example again.',
  );
});
