/** Finds the local bridge. */

import * as v from 'valibot';

import { OperatorError, UsageError } from '../errors.ts';
import type { AwsAccess } from '../aws/clients.ts';
import { readOutputs, type StageOutputs } from './outputs.ts';

/** Where `npm start` listens by default. */
export const DEFAULT_BRIDGE_URL = 'http://127.0.0.1:4100';

/** Timeout of a request, milliseconds. */
const TIMEOUT = 5_000;

const stackSchema = v.object({
  stage: v.string(),
  region: v.string(),
  stackName: v.string(),
  outputs: v.record(v.string(), v.string()),
  endpoints: v.object({ sqs: v.string(), secretsManager: v.string(), pagerDuty: v.string() }),
  credentials: v.object({ accessKeyId: v.string(), secretAccessKey: v.string() }),
});

/** Stage, outputs and access of the local bridge. */
export interface LocalStack {
  readonly stageName: string;
  readonly stackName: string;
  readonly outputs: StageOutputs;
  readonly access: AwsAccess;
  readonly pagerDutyUrl: string;
}

/**
 * Reads the base URL of a local bridge.
 *
 * @throws UsageError when it is not a URL
 */
export function readBridgeUrl(text: string, source: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url.origin;
  throw new UsageError(
    `${source} takes the URL of a local bridge, such as ${DEFAULT_BRIDGE_URL}, not ${JSON.stringify(text)}.`,
  );
}

/**
 * Sends a GET request to the local bridge.
 *
 * @returns the parsed JSON of its answer
 * @throws OperatorError when it is not running, or when something else answers
 */
export async function askBridge(bridgeUrl: string, path: string): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(`${bridgeUrl}${path}`, { signal: AbortSignal.timeout(TIMEOUT) });
  } catch (error) {
    throw new OperatorError(
      `The local bridge is not running at ${bridgeUrl}; start it with "npm start", or say where it runs with --bridge-url.`,
      { cause: error },
    );
  }
  try {
    if (response.ok) return await response.json();
  } catch {
    // Not JSON: another program, below.
  }
  throw notABridge(bridgeUrl, ` (${path}: ${response.status})`);
}

function notABridge(bridgeUrl: string, detail = ''): OperatorError {
  return new OperatorError(
    `What answers at ${bridgeUrl} is not a local bridge of this version${detail}; start it with "npm start", or say where it runs with --bridge-url.`,
  );
}

/** Time for which a bridge that may not run is asked, milliseconds. */
const PROBE_TIMEOUT = 500;

/** Whether a local bridge answers. Never rejects. */
export async function isLocalBridge(bridgeUrl: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(PROBE_TIMEOUT);
    const response = await fetch(`${bridgeUrl}/api/stack`, { signal });
    return v.is(stackSchema, await response.json());
  } catch {
    return false;
  }
}

/** Finds the parts of the local bridge. */
export async function findLocalStack(bridgeUrl: string): Promise<LocalStack> {
  const parsed = v.safeParse(stackSchema, await askBridge(bridgeUrl, '/api/stack'));
  if (!parsed.success) throw notABridge(bridgeUrl);
  const { stage, stackName, region, outputs, endpoints, credentials } = parsed.output;
  return {
    stageName: stage,
    stackName,
    outputs: readOutputs(outputs, 'The local bridge'),
    access: { region, endpoint: endpoints.sqs, credentials },
    pagerDutyUrl: endpoints.pagerDuty,
  };
}
