/** The table of open incidents as the commands use it. */

import {
  OPEN_INCIDENT as A,
  type OpenIncident,
  readOpenIncident,
} from '../../lambda/shared/open-incident.ts';
import { watchCalls } from './calls.ts';
import { type AwsAccess, clientSettings } from './clients.ts';

/** The table of open incidents. Throws the errors of AWS. */
export interface OpenIncidentsTable {
  /** Reads every incident, those that were just resolved among them. */
  readonly read: (signal?: AbortSignal) => Promise<readonly OpenIncident[]>;
  /**
   * Makes an incident due now, so that the next tick resolves it. It may be called again with the
   * same time, for instance when the answer was lost.
   *
   * @param now milliseconds since 1970
   * @returns false when it was due already, or is being resolved, or is not in the table any more
   */
  readonly makeDue: (incidentKey: string, now: number) => Promise<boolean>;
}

/**
 * Opens the table.
 *
 * @param claimDuration how long a resolve that is under way keeps others away, milliseconds
 */
export async function openIncidentsTable(
  access: AwsAccess,
  tableName: string,
  claimDuration: number,
): Promise<OpenIncidentsTable> {
  // Imported here, because importing clients is most of a command's start-up time.
  const { ConditionalCheckFailedException, DynamoDBClient, ScanCommand, UpdateItemCommand } =
    await import('@aws-sdk/client-dynamodb');
  const client = watchCalls(new DynamoDBClient(clientSettings(access)), access.onCall);
  return {
    read: async (signal) => {
      const incidents: OpenIncident[] = [];
      let start: string | undefined;
      do {
        const page = await client.send(
          new ScanCommand({
            TableName: tableName,
            ConsistentRead: true,
            ...(start === undefined
              ? {}
              : { ExclusiveStartKey: { [A.incidentKey]: { S: start } } }),
          }),
        );
        for (const item of page.Items ?? []) {
          const incident = readOpenIncident(item);
          if (incident !== undefined) incidents.push(incident);
        }
        if (signal?.aborted === true) break;
        start = page.LastEvaluatedKey?.[A.incidentKey]?.S;
      } while (start !== undefined);
      return incidents;
    },
    makeDue: async (incidentKey, now) => {
      try {
        await client.send(
          new UpdateItemCommand({
            TableName: tableName,
            Key: { [A.incidentKey]: { S: incidentKey } },
            UpdateExpression: 'SET #due = :now',
            // An item that does not exist has no `due`, so none is created. With `>=`, a retry after
            // a lost answer succeeds.
            ConditionExpression:
              '#due >= :now AND (attribute_not_exists(#claimed) OR #claimed < :expired)',
            ExpressionAttributeNames: { '#due': A.due, '#claimed': A.claimed },
            ExpressionAttributeValues: {
              ':now': { N: String(now) },
              ':expired': { N: String(now - claimDuration) },
            },
          }),
        );
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },
  };
}
