/**
 * A fresh process: loads a function's code and has it handle its first event, as Lambda does at a
 * cold start. Says on its channel how long both took.
 */

import { createRequire } from 'node:module';

const CONTEXT = {
  awsRequestId: '00000000-0000-4000-8000-000000000000',
  functionName: 'function',
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:function',
  memoryLimitInMB: '512',
  getRemainingTimeInMillis: () => 60_000,
};

type Handler = (event: unknown, context: object) => Promise<unknown>;

function hasHandler(value: unknown): value is { readonly handler: Handler } {
  return typeof value === 'object' && value !== null && 'handler' in value;
}

function handlerOf(module: unknown): Handler {
  if (!hasHandler(module)) throw new Error('There is no handler.');
  return module.handler;
}

process.once('message', (request: { readonly code: string; readonly event: unknown }) => {
  const run = async (): Promise<void> => {
    const load = createRequire(request.code);
    const begin = performance.now();
    const handler = handlerOf(load(request.code));
    const answer = await handler(request.event, CONTEXT);
    process.send?.({ total: performance.now() - begin, answer });
  };
  run().then(
    () => process.disconnect(),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
