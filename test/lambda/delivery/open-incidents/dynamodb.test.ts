import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';

import type { OpenIncidents } from '../../../../lambda/delivery/open-incidents/open-incidents.ts';
import { type OpenIncident, readOpenIncident } from '../../../../lambda/shared/open-incident.ts';
import { httpServer } from '../../../../testkit/loopback.ts';
import { openIncidentsModel } from '../../../../testkit/simulation/open-incidents.ts';
import { type DynamoDbBench, dynamoDbBench, tableAt } from '../../../support/dynamodb.ts';
import { CLAIM_CASES, SEVERITY_CASES } from './claim-cases.ts';
import { POSTPONE_CASES } from './postpone-cases.ts';
import { CLAIM_DURATION, event, type Item, NOW } from './table-cases.ts';

let bench: DynamoDbBench;
beforeAll(async () => {
  bench = await dynamoDbBench();
});
afterAll(async () => bench.close());

/** An empty table in DynamoDB, and one in the model of the simulations. */
const TABLES: Readonly<
  Record<string, () => Promise<{ readonly table: OpenIncidents; readonly item: Item }>>
> = {
  DynamoDB: async () => {
    const { table, itemOf } = await bench.newTable(CLAIM_DURATION);
    const item = async (incidentKey: string): Promise<OpenIncident | undefined> => {
      const found = await itemOf(incidentKey);
      return found === undefined ? undefined : readOpenIncident(found);
    };
    return { table, item };
  },
  'the model of the simulations': async () => {
    const model = openIncidentsModel(CLAIM_DURATION);
    return {
      table: model.seenThrough(async (action) => action()),
      item: async (incidentKey) => model.incidents.get(incidentKey),
    };
  },
};

describe.each(Object.entries(TABLES))('the table of open incidents in %s', (_, newTable) => {
  test.each([...POSTPONE_CASES, ...SEVERITY_CASES, ...CLAIM_CASES])(
    '$name',
    async ({ run, expected }) => {
      const { table, item } = await newTable();
      expect(await run(table, item)).toEqual(expected);
    },
  );
});

const DAY = 86_400_000;
const expires = (due: number) => ({ N: String((due + 14 * DAY) / 1000) });

describe('the table of open incidents in DynamoDB', () => {
  test('may delete an item two weeks after it was due, or was last claimed', async () => {
    const { table, itemOf } = await bench.newTable(CLAIM_DURATION);
    await table.postpone(event({ due: NOW + 100_000 }));
    expect(await itemOf('shop x')).toMatchObject({ expires: expires(NOW + 100_000) });
    await table.postpone(event({ due: NOW + 50_000, now: NOW + 1_000 }));
    expect(await itemOf('shop x')).toMatchObject({ expires: expires(NOW + 100_000) });
    const [due] = (await table.due(NOW + 5 * DAY, undefined)).incidents;
    if (due === undefined) throw new Error('Nothing is due.');
    await table.claim(due, NOW + 5 * DAY);
    expect(await itemOf('shop x')).toMatchObject({ expires: expires(NOW + 5 * DAY) });
  });

  test('skips what another program wrote', async () => {
    const { client } = bench;
    const { table, tableName } = await bench.newTable(CLAIM_DURATION);
    for (const Item of [
      { incident: { S: 'note' }, text: { S: 'not ours' } },
      { incident: { S: 'text' }, due: { S: 'soon' } },
      { incident: { S: 'list' }, due: { L: [] } },
    ]) {
      await client.send(new PutItemCommand({ TableName: tableName, Item }));
    }
    await table.postpone(event());
    const { incidents, read } = await table.due(NOW + DAY, undefined);
    expect(incidents.map(({ incidentKey }) => incidentKey)).toEqual(['shop x']);
    expect(read).toBe(4);
  });

  test('finds what is due in five pages of a megabyte, and goes on after them', async () => {
    const { client } = bench;
    const { table, tableName } = await bench.newTable(CLAIM_DURATION);
    // Three such items fill a page.
    const summary = { S: 's'.repeat(390_000) };
    const keys = Array.from({ length: 17 }, (_, index) => `shop ${index}`);
    for (const key of keys) {
      const Item = { incident: { S: key }, due: { N: String(NOW) }, summary };
      await client.send(new PutItemCommand({ TableName: tableName, Item }));
    }
    const first = await table.due(NOW, undefined);
    expect(first.read).toBe(15);
    expect(first.next).toBe(first.incidents.at(-1)?.incidentKey);
    // The item where the scan stopped may be gone when it goes on.
    const claim = await table.claim(first.incidents.at(-1) ?? fail(), NOW);
    await table.forget(claim ?? fail());
    const second = await table.due(NOW, first.next);
    expect(second).toMatchObject({ read: 2, next: undefined });
    const found = [...first.incidents, ...second.incidents].map(({ incidentKey }) => incidentKey);
    expect(found.toSorted()).toEqual(keys.toSorted());
  });

  test('rejects after two attempts of a second each when the table does not answer', async () => {
    let requests = 0;
    const silent = await httpServer(() => {
      requests += 1;
    });
    try {
      const table = tableAt(silent.port, 'silent', CLAIM_DURATION);
      const began = performance.now();
      const results = await Promise.allSettled([
        table.postpone(event()),
        table.recordSeverity('shop x', 'error', NOW, NOW),
        table.due(NOW, undefined),
        table.claim({ incidentKey: 'shop x', due: NOW, lastEvent: NOW, ...OPEN }, NOW),
        table.markResolved({ incidentKey: 'shop x', at: NOW }, NOW),
        table.forget({ incidentKey: 'shop x', at: NOW }),
      ]);
      // It takes 2.1 s. A machine that is busy may take longer.
      expect(performance.now() - began).toBeLessThan(6_000);
      expect(requests).toBe(2 * results.length);
      expect(results.map(({ status }) => status)).toEqual(Array(6).fill('rejected'));
    } finally {
      await silent.close();
    }
  });

  test('rejects when there is no such table', async () => {
    const { table } = await bench.newTable(CLAIM_DURATION);
    const { port } = new URL(process.env['AWS_ENDPOINT_URL_DYNAMODB'] ?? '');
    const missing = tableAt(Number(port), 'missing', CLAIM_DURATION);
    await expect(missing.postpone(event())).rejects.toThrow('Requested resource not found');
    await expect(missing.forget({ incidentKey: 'x', at: 1 })).rejects.toThrow('not found');
    expect(await table.postpone(event())).toEqual({ kind: 'postponed', before: undefined });
  });
});

const OPEN = { summary: '', isResolved: false } as const;

function fail(): never {
  throw new Error('Nothing was found.');
}
