/** The process that `startChild` starts. */

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';

/** Handler of a function. */
export type Handler = (event: unknown, context: object) => Promise<unknown>;

/** The context of every invocation. */
export const CONTEXT = {
  awsRequestId: '00000000-0000-4000-8000-000000000000',
  functionName: 'function',
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:function',
  memoryLimitInMB: '512',
  getRemainingTimeInMillis: () => 60_000,
};

function isHandler(value: unknown): value is Handler {
  return typeof value === 'function';
}

/**
 * Loads a function as Lambda does.
 *
 * @param file an ES module or a CommonJS module
 * @param name of the exported function
 * @throws Error when it has no handler
 */
export async function loadHandler(file: string, name = 'handler'): Promise<Handler> {
  const module: unknown = file.endsWith('.mjs')
    ? await import(pathToFileURL(file).href)
    : createRequire(file)(file);
  const handler = isJsonObject(module) ? module[name] : undefined;
  if (!isHandler(handler)) throw new Error(`${file} has no ${name}.`);
  return handler;
}

/** Answers requests until the channel closes. An error is sent as an answer. */
export function serve(answer: (request: JsonObject) => Promise<JsonObject>): void {
  process.on('disconnect', () => process.exit(0));
  process.on('message', (request: unknown) => {
    const run = async (): Promise<JsonObject> => {
      if (!isJsonObject(request)) throw new Error('The request is not an object.');
      return answer(request);
    };
    run().then(
      (answered) => process.send?.(answered),
      (error: unknown) => process.send?.({ error: String(error) }),
    );
  });
}
