/** Reads the log lines of the functions that contain an ID. */

import * as v from 'valibot';

import type { JsonObject } from '../../lambda/shared/json.ts';
import { watchCalls } from '../aws/calls.ts';
import { clientSettings } from '../aws/clients.ts';
import type { StageContext } from '../stage/context.ts';
import { askBridge } from '../stage/local.ts';
import { parseLines } from './trace.ts';

/** Which lines to read. */
export interface LogQuery {
  /** A line is read if it contains one of them. They have no quotation mark. */
  readonly ids: readonly string[];
  /** Milliseconds since 1970; the local bridge has its last 10,000 lines whenever they are from. */
  readonly since: number;
  readonly signal: AbortSignal;
}

const localSchema = v.object({ lines: v.array(v.string()) });

async function readLocal(bridgeUrl: string, ids: readonly string[]): Promise<readonly string[]> {
  const query = new URLSearchParams(ids.map((id): [string, string] => ['containing', id]));
  return v.parse(localSchema, await askBridge(bridgeUrl, `/api/log?${query.toString()}`)).lines;
}

/**
 * Reads from CloudWatch Logs. Terms with `?` are alternatives.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
async function readDeployed(
  { access, outputs }: StageContext,
  { ids, since, signal }: LogQuery,
): Promise<readonly string[]> {
  // Imported here, because importing clients is most of a command's start-up time.
  const { CloudWatchLogsClient, paginateFilterLogEvents } =
    await import('@aws-sdk/client-cloudwatch-logs');
  const client = watchCalls(new CloudWatchLogsClient(clientSettings(access)), access.onCall);
  const texts: string[] = [];
  for (const logGroupName of [outputs.ingestLogGroup, outputs.deliveryLogGroup]) {
    const pages = paginateFilterLogEvents(
      { client },
      { logGroupName, startTime: since, filterPattern: ids.map((id) => `?"${id}"`).join(' ') },
    );
    for await (const { events = [] } of pages) {
      texts.push(...events.flatMap(({ message }) => message ?? []));
      if (signal.aborted) return texts;
    }
  }
  return texts;
}

/** Reads the lines of both functions. */
export async function readLogLines(
  context: StageContext,
  query: LogQuery,
): Promise<readonly JsonObject[]> {
  const { bridgeUrl } = context;
  return parseLines(
    await (bridgeUrl === undefined
      ? readDeployed(context, query)
      : readLocal(bridgeUrl, query.ids)),
  );
}
