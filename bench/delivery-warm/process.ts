/** Delivers batches, and posts calls to PagerDuty without the function. */

import { forEachLimited } from '../../lambda/shared/batches.ts';
import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';
import { post } from '../floor/aws.ts';
import { type Handler, importHandler } from '../../local/lambda/load-handler.ts';
import { CONTEXT, serve } from '../measuring/serve.ts';

const JSON_HEADERS = { 'content-type': 'application/json' };

let handler: Handler | undefined;

/** Milliseconds to deliver a batch. @throws Error when an event stays in the queue */
async function deliver({ code, batch }: JsonObject): Promise<JsonObject> {
  handler ??= await importHandler(String(code), 'handler');
  const begin = performance.now();
  const answer = await handler(batch, CONTEXT);
  const took = performance.now() - begin;
  const failures = isJsonObject(answer) ? answer['batchItemFailures'] : undefined;
  if (!Array.isArray(failures) || failures.length > 0) {
    throw new Error(`Events stayed in the queue: ${JSON.stringify(answer).slice(0, 500)}`);
  }
  return { took };
}

/** Milliseconds for calls by Node's own client with keep-alive. */
async function loop({ url, body, calls, atOnce }: JsonObject): Promise<JsonObject> {
  const address = new URL(String(url));
  const text = String(body);
  const begin = performance.now();
  await forEachLimited(Array(Number(calls)).keys(), Number(atOnce), async () => {
    const { status } = await post(address, JSON_HEADERS, text);
    if (status !== 202) throw new Error(`A call was answered ${status}.`);
  });
  return { took: performance.now() - begin };
}

serve(async (request) => (request['kind'] === 'loop' ? loop(request) : deliver(request)));
