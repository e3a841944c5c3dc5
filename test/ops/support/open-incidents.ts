/** A table of open incidents on loopback, and rows to put into it. */

import { OPEN_INCIDENT as A, type TableItem } from '../../../lambda/shared/open-incident.ts';
import type { AwsEndpoint } from '../../../local/aws-endpoint/aws-endpoint.ts';

/** Name of the table. */
export const OPEN_INCIDENTS_TABLE = 'open-incidents';

/** Creates the table, as the template of a stage does. */
export async function createOpenIncidentsTable({ tables }: AwsEndpoint): Promise<void> {
  await tables.createTable({
    name: OPEN_INCIDENTS_TABLE,
    arn: `arn:aws:dynamodb:us-east-1:000000000000:table/${OPEN_INCIDENTS_TABLE}`,
    attributes: [{ AttributeName: A.incidentKey, AttributeType: 'S' }],
    keys: [{ AttributeName: A.incidentKey, KeyType: 'HASH' }],
  });
}

/** A row of an incident that is due in 25 minutes; `more` replaces attributes. */
export function openIncidentRow(
  incidentKey: string,
  now: number,
  more: Partial<Record<keyof typeof A, TableItem[string]>> = {},
): TableItem {
  const minutes = (count: number) => ({ N: String(now + count * 60_000) });
  const row = {
    incidentKey: { S: incidentKey },
    due: minutes(25),
    opened: minutes(-65),
    lastEvent: minutes(-5),
    summary: { S: `${incidentKey} exceeded its threshold` },
    ...more,
  };
  return Object.fromEntries(
    Object.entries(A).flatMap(([name, attribute]) => {
      const value = Object.entries(row).find(([key]) => key === name)?.[1];
      return value === undefined ? [] : [[attribute, value]];
    }),
  );
}

/** Writes rows. */
export async function putRows({ tables }: AwsEndpoint, rows: readonly TableItem[]): Promise<void> {
  for (const row of rows) {
    const { status, body } = await tables.call('PutItem', {
      TableName: OPEN_INCIDENTS_TABLE,
      Item: row,
    });
    if (status !== 200) throw new Error(JSON.stringify(body));
  }
}
