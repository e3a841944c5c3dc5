/** Checks of API Gateway, with requests that store nothing. */

import { setTimeout as wait } from 'node:timers/promises';

import { PROBE_TYPE } from '../../lambda/glasnostic/event.ts';
import { readToken, tokenSecret } from '../secrets/token.ts';
import { type HttpAnswer, type HttpRequest, sendRequest } from '../send/post-json.ts';
import { readLogLines } from '../trace/logs.ts';
import {
  answerText,
  type Check,
  type CheckInput,
  type Observation,
  seen,
  unchecked,
} from './check.ts';

/** Ingest ignores it, logs a line about it, and counts nothing. */
const IGNORED = JSON.stringify({ type: PROBE_TYPE });

const JSON_TYPE = { 'content-type': 'application/json' };

/** Longest time until a log line can be found, milliseconds; belief CW5. */
const LOG_DELAY = 60_000;

/** Time between two looks at the logs, milliseconds. */
const LOG_PAUSE = 3_000;

/** A span before now that surely has the line, milliseconds. */
const LOG_SPAN = 10 * 60_000;

async function checkUnknownMethod({ context }: CheckInput): Promise<readonly Observation[]> {
  const { webhookUrl } = context.outputs;
  const answer = await sendRequest(`${webhookUrl}/verify`, { method: 'GET' }, 'verify');
  const isOfGateway = answer.status === 404 && answer.text.includes('"message"');
  return [seen('AG1', isOfGateway, answerText(answer))];
}

/** Looks for the log line of a request until it is there. */
async function checkLog(
  { context, now, signal }: CheckInput,
  requestId: string | undefined,
): Promise<Observation> {
  if (requestId === undefined) {
    return unchecked('CW5', 'The answer of the webhook had no request ID to look for.');
  }
  const begin = now();
  for (;;) {
    const since = begin - LOG_SPAN;
    const lines = await readLogLines(context, { ids: [requestId, 'verify'], since, signal });
    const seconds = Math.round((now() - begin) / 1_000);
    if (lines.some((line) => line['request_id'] === requestId)) {
      return seen('CW5', true, `found after ${seconds} s`);
    }
    if (now() - begin >= LOG_DELAY) return seen('CW5', false, `not found after ${seconds} s`);
    await wait(LOG_PAUSE, undefined, { signal });
  }
}

/** The answer to what ingest ignores repeats its type. */
function ignored(id: string, answer: HttpAnswer): Observation {
  return seen(id, answer.status === 200 && answer.text.includes(PROBE_TYPE), answerText(answer));
}

async function checkRequests(input: CheckInput): Promise<readonly Observation[]> {
  const { context } = input;
  const { webhookUrl } = context.outputs;
  const token = await readToken(tokenSecret(context));
  input.hide(token);
  const post = async (url: string, headers: HttpRequest['headers'] = {}): Promise<HttpAnswer> =>
    sendRequest(url, { method: 'POST', headers, body: IGNORED }, token);
  const inPath = await post(`${webhookUrl}/${token}`, JSON_TYPE);
  const inHeader = await post(webhookUrl, { ...JSON_TYPE, AUTHORIZATION: `Bearer ${token}` });
  const binary = await post(`${webhookUrl}/${token}`, {
    'content-type': 'application/octet-stream',
  });
  return [
    ignored('AG2', inPath),
    ignored('AG3', inHeader),
    ignored('AG4', binary),
    await checkLog(input, inPath.requestId),
  ];
}

/** The checks of API Gateway, and of the logs of its requests. */
export const WEBHOOK_CHECKS: readonly Check[] = [
  { ids: ['AG1'], by: 'verify', run: checkUnknownMethod },
  { ids: ['AG2', 'AG3', 'AG4', 'CW5'], by: '--send', run: checkRequests },
];
