/**
 * The table of open incidents in DynamoDB. It is a bundle of its own, because only a stage that
 * resolves incidents needs the client.
 */

import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  ScanCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { agentOption, type Egress } from '../../shared/egress.ts';
import { OPEN_INCIDENT as A, readOpenIncident } from '../../shared/open-incident.ts';
import { SEVERITIES } from '../../shared/routes.ts';
import type { OpenIncidents } from './open-incidents.ts';

/** Options of {@link openIncidentsTable}. */
export interface TableOptions {
  readonly region: string;
  readonly egress: Egress;
  readonly tableName: string;
  /** How long a claim lasts, milliseconds. */
  readonly claimDuration: number;
}

/** Events wait for the answer of each attempt, and are sent without it. */
const TIMEOUTS = { connectionTimeout: 1_000, requestTimeout: 1_000, throwOnRequestTimeout: true };

const CLIENT: DynamoDBClientConfig = {
  maxAttempts: 2,
  defaultsMode: 'standard',
  retryMode: 'standard',
  authSchemePreference: [],
  useDualstackEndpoint: false,
};

/** Pages of one scan. A page has up to 1 MB, which is about 4,000 incidents. */
const SCAN_PAGES = 5;

/**
 * An item that no scan reaches is deleted this long after the incident was due, milliseconds. SQS
 * keeps an event no longer.
 */
const KEPT_AFTER_DUE = 14 * 86_400_000;

/** An earlier event may have asked for a later time, milliseconds; see `postpone`. */
const EARLIER_BY = 5_000;

function n(value: number): { readonly N: string } {
  return { N: String(value) };
}

function expires(due: number): { readonly N: string } {
  return n(Math.ceil((due + KEPT_AFTER_DUE) / 1000));
}

/** Makes the table of open incidents. */
export function openIncidentsTable(options: TableOptions): OpenIncidents {
  const { region, egress, tableName: TableName, claimDuration } = options;
  const client = new DynamoDBClient({
    ...CLIENT,
    requestHandler: { ...TIMEOUTS, ...agentOption(egress) },
    useFipsEndpoint: egress.useFipsEndpoint,
    region,
  });

  /** Updates an item if a condition holds. @returns the item before, or why it was not updated */
  const update = async (
    incidentKey: string,
    input: Pick<
      UpdateItemCommandInput,
      | 'UpdateExpression'
      | 'ConditionExpression'
      | 'ExpressionAttributeNames'
      | 'ExpressionAttributeValues'
    >,
  ) => {
    try {
      const { Attributes } = await client.send(
        new UpdateItemCommand({
          TableName,
          Key: { [A.incidentKey]: { S: incidentKey } },
          ReturnValues: 'ALL_OLD',
          ...input,
        }),
      );
      return { before: Attributes };
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  };

  return {
    postpone: async ({ incidentKey, summary, keyId, due, now }) => {
      const written = await update(incidentKey, {
        UpdateExpression: `SET #due = :due, #lastEvent = :now, #summary = :summary, #expires = :expires, #opened = if_not_exists(#opened, :now)${keyId === undefined ? '' : ', #keyId = :keyId'} REMOVE #claimed, #resolved`,
        ConditionExpression: 'attribute_not_exists(#claimed) OR #claimed < :expired',
        ExpressionAttributeNames: {
          '#due': A.due,
          '#lastEvent': A.lastEvent,
          '#summary': A.summary,
          '#expires': A.expires,
          '#opened': A.opened,
          '#claimed': A.claimed,
          '#resolved': A.resolved,
          ...(keyId === undefined ? {} : { '#keyId': A.keyId }),
        },
        ExpressionAttributeValues: {
          ':due': n(due),
          ':now': n(now),
          ':summary': { S: summary },
          ':expires': expires(due),
          ':expired': n(now - claimDuration),
          ...(keyId === undefined ? {} : { ':keyId': { S: keyId } }),
        },
      });
      if (written === undefined) return { kind: 'resolving' };
      const before = written.before === undefined ? undefined : readOpenIncident(written.before);
      // Another route of the same incident asked for a longer quiet time, which counts.
      if (before !== undefined && before.claimed === undefined && before.due > due + EARLIER_BY) {
        await update(incidentKey, {
          UpdateExpression: 'SET #due = :later, #expires = :expires',
          ConditionExpression: '#due = :due',
          ExpressionAttributeNames: { '#due': A.due, '#expires': A.expires },
          ExpressionAttributeValues: {
            ':later': n(before.due),
            ':expires': expires(before.due),
            ':due': n(due),
          },
        });
      }
      return { kind: 'postponed', before };
    },

    keepOpen: async (incidentKey, due, now) => {
      await update(incidentKey, {
        UpdateExpression: 'SET #due = :due, #expires = :expires',
        ConditionExpression:
          '#due < :due AND attribute_not_exists(#resolved) AND (attribute_not_exists(#claimed) OR #claimed < :expired)',
        ExpressionAttributeNames: {
          '#due': A.due,
          '#expires': A.expires,
          '#resolved': A.resolved,
          '#claimed': A.claimed,
        },
        ExpressionAttributeValues: {
          ':due': n(due),
          ':expires': expires(due),
          ':expired': n(now - claimDuration),
        },
      });
    },

    recordSeverity: async (incidentKey, severity, at, forgottenBefore) => {
      const notHigher = SEVERITIES.slice(0, SEVERITIES.indexOf(severity) + 1);
      await update(incidentKey, {
        UpdateExpression: 'SET #severity = :severity, #severityAt = :at',
        ConditionExpression: `attribute_exists(#incident) AND (attribute_not_exists(#severityAt) OR #severityAt < :forgotten OR #severity IN (${notHigher.map((_, i) => `:s${i}`).join(', ')}))`,
        ExpressionAttributeNames: {
          '#incident': A.incidentKey,
          '#severity': A.severity,
          '#severityAt': A.severityAt,
        },
        ExpressionAttributeValues: {
          ':severity': { S: severity },
          ':at': n(at),
          ':forgotten': n(forgottenBefore),
          ...Object.fromEntries(notHigher.map((name, i) => [`:s${i}`, { S: name }])),
        },
      });
    },

    due: async (now, from) => {
      const incidents = [];
      let read = 0;
      let start = from;
      for (let page = 0; page < SCAN_PAGES; page += 1) {
        const result = await client.send(
          new ScanCommand({
            TableName,
            ConsistentRead: true,
            FilterExpression: '#due <= :now',
            ExpressionAttributeNames: { '#due': A.due },
            ExpressionAttributeValues: { ':now': n(now) },
            ...(start === undefined
              ? {}
              : { ExclusiveStartKey: { [A.incidentKey]: { S: start } } }),
          }),
        );
        read += result.ScannedCount ?? 0;
        for (const item of result.Items ?? []) {
          const incident = readOpenIncident(item);
          if (incident !== undefined) incidents.push(incident);
        }
        start = result.LastEvaluatedKey?.[A.incidentKey]?.S;
        if (start === undefined) break;
      }
      return { incidents, read, next: start };
    },

    claim: async ({ incidentKey, due }, now) => {
      const written = await update(incidentKey, {
        // After the claim, the incident may be another one: see `opened`.
        UpdateExpression: 'SET #claimed = :now, #expires = :expires REMOVE #opened',
        ConditionExpression:
          '#due = :due AND (attribute_not_exists(#claimed) OR #claimed < :expired)',
        ExpressionAttributeNames: {
          '#due': A.due,
          '#claimed': A.claimed,
          '#expires': A.expires,
          '#opened': A.opened,
        },
        ExpressionAttributeValues: {
          ':now': n(now),
          ':due': n(due),
          ':expired': n(now - claimDuration),
          ':expires': expires(now),
        },
      });
      return written === undefined ? undefined : { incidentKey, at: now };
    },

    markResolved: async ({ incidentKey, at }, now) => {
      await update(incidentKey, {
        // What belongs to the incident that has ended must not count for the next one.
        UpdateExpression:
          'SET #claimed = :now, #resolved = :true REMOVE #keyId, #severity, #severityAt',
        ConditionExpression: '#claimed = :claimed',
        ExpressionAttributeNames: {
          '#claimed': A.claimed,
          '#resolved': A.resolved,
          '#keyId': A.keyId,
          '#severity': A.severity,
          '#severityAt': A.severityAt,
        },
        ExpressionAttributeValues: {
          ':now': n(now),
          ':true': { BOOL: true },
          ':claimed': n(at),
        },
      });
    },

    forget: async ({ incidentKey, at }) => {
      try {
        await client.send(
          new DeleteItemCommand({
            TableName,
            Key: { [A.incidentKey]: { S: incidentKey } },
            ConditionExpression: '#claimed = :claimed',
            ExpressionAttributeNames: { '#claimed': A.claimed },
            ExpressionAttributeValues: { ':claimed': n(at) },
          }),
        );
      } catch (error) {
        // An event came since: the incident is open again.
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
  };
}
