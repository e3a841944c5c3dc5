/** Finds the local bridge. */

import * as v from 'valibot';

import { OperatorError, UsageError } from '../errors.ts';
import type { AwsAccess } from '../aws/clients.ts';
import { readOutputs, type StageOutputs } from './outputs.ts';

/** Where `npm start` listens unless it is told otherwise. */
export const DEFAULT_BRIDGE_URL = 'http://127.0.0.1:4100';

/** Milliseconds until a bridge that accepts connections but does not answer is given up. */
const ANSWER_TIME = 5_000;

const stackSchema = v.object({
  stage: v.string(),
  region: v.string(),
  stackName: v.string(),
  outputs: v.record(v.string(), v.string()),
  endpoints: v.object({ sqs: v.string(), secretsManager: v.string() }),
  credentials: v.object({ accessKeyId: v.string(), secretAccessKey: v.string() }),
});

/** What the local bridge tells about itself. */
export interface LocalStack {
  readonly stageName: string;
  readonly stackName: string;
  readonly outputs: StageOutputs;
  readonly access: AwsAccess;
}

/**
 * Reads the base URL of a local bridge.
 *
 * @throws UsageError when it is none
 */
export function readBridgeUrl(text: string, source: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url.origin;
  throw new UsageError(
    `${source} takes the URL of a local bridge, such as ${DEFAULT_BRIDGE_URL}, not ${JSON.stringify(text)}.`,
  );
}

/**
 * Asks the local bridge for something.
 *
 * @returns the parsed JSON of its answer
 * @throws OperatorError when it is not running, or when something else answers
 */
export async function askBridge(bridgeUrl: string, path: string): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(`${bridgeUrl}${path}`, { signal: AbortSignal.timeout(ANSWER_TIME) });
  } catch (error) {
    throw new OperatorError(
      `The local bridge is not running at ${bridgeUrl}; start it with "npm start", or say where it runs with --bridge-url.`,
      { cause: error },
    );
  }
  try {
    if (response.ok) return await response.json();
  } catch {
    // Not JSON: another program, as below.
  }
  throw new OperatorError(
    `What answers at ${bridgeUrl} is not a local bridge of this version (${path}: ${response.status}); start it with "npm start", or say where it runs with --bridge-url.`,
  );
}

/** Asks the local bridge where its parts are. */
export async function findLocalStack(bridgeUrl: string): Promise<LocalStack> {
  const parsed = v.safeParse(stackSchema, await askBridge(bridgeUrl, '/api/stack'));
  if (!parsed.success) {
    throw new OperatorError(
      `What answers at ${bridgeUrl} is not a local bridge of this version; start it with "npm start", or say where it runs with --bridge-url.`,
    );
  }
  const { stage, stackName, region, outputs, endpoints, credentials } = parsed.output;
  return {
    stageName: stage,
    stackName,
    outputs: readOutputs(outputs, 'The local bridge'),
    access: { region, endpoint: endpoints.sqs, credentials },
  };
}
