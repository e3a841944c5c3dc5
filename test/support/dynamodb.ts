/** DynamoDB on this machine, with tables of open incidents. */

import { CreateTableCommand, DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';

import { DIRECT } from '../../lambda/shared/egress.ts';
import { openIncidentsTable } from '../../lambda/delivery/open-incidents/dynamodb.ts';
import type { OpenIncidents } from '../../lambda/delivery/open-incidents/open-incidents.ts';
import { OPEN_INCIDENT, type TableItem } from '../../lambda/shared/open-incident.ts';
import { listen } from '../../testkit/loopback.ts';

const REGION = 'us-east-1';

/** An empty table in DynamoDB. */
export interface DynamoDbTable {
  readonly table: OpenIncidents;
  /** Its items as DynamoDB has them. */
  readonly itemOf: (incidentKey: string) => Promise<TableItem | undefined>;
  readonly tableName: string;
}

/** DynamoDB with any number of tables. */
export interface DynamoDbBench {
  readonly client: DynamoDBClient;
  readonly newTable: (claimDuration: number) => Promise<DynamoDbTable>;
  readonly close: () => Promise<void>;
}

/**
 * A client of a table at a port of this machine.
 *
 * @param claimDuration milliseconds
 */
export function tableAt(port: number, tableName: string, claimDuration: number): OpenIncidents {
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${port}`,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
  return openIncidentsTable({ region: REGION, egress: DIRECT, tableName, claimDuration });
}

/** Starts dynalite. */
export async function dynamoDbBench(): Promise<DynamoDbBench> {
  const { port, close } = await listen(dynalite({ createTableMs: 0 }));
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: REGION,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  let count = 0;
  return {
    client,
    newTable: async (claimDuration) => {
      count += 1;
      const tableName = `open-incidents-${count}`;
      const { incidentKey: AttributeName } = OPEN_INCIDENT;
      await client.send(
        new CreateTableCommand({
          TableName: tableName,
          BillingMode: 'PAY_PER_REQUEST',
          KeySchema: [{ AttributeName, KeyType: 'HASH' }],
          AttributeDefinitions: [{ AttributeName, AttributeType: 'S' }],
        }),
      );
      return {
        tableName,
        table: tableAt(port, tableName, claimDuration),
        itemOf: async (incidentKey) => {
          const Key = { [AttributeName]: { S: incidentKey } };
          const command = new GetItemCommand({ TableName: tableName, Key, ConsistentRead: true });
          return (await client.send(command)).Item;
        },
      };
    },
    close: async () => {
      client.destroy();
      await close();
    },
  };
}
