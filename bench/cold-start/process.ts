/**
 * A fresh process: loads a function's code and has it handle its first event, as Lambda does at a
 * cold start. Says on its channel how long both took.
 */

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const CONTEXT = {
  awsRequestId: '00000000-0000-4000-8000-000000000000',
  functionName: 'function',
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:function',
  memoryLimitInMB: '512',
  getRemainingTimeInMillis: () => 60_000,
};

interface Handled {
  readonly handler: (event: unknown, context: object) => Promise<unknown>;
}

process.once('message', (request: { readonly code: string; readonly event: unknown }) => {
  const run = async (): Promise<void> => {
    const begin = performance.now();
    const { handler } = (
      request.code.endsWith('.mjs')
        ? await import(pathToFileURL(request.code).href)
        : createRequire(request.code)(request.code)
    ) as Handled;
    const loaded = performance.now();
    const answer = await handler(request.event, CONTEXT);
    const handled = performance.now();
    process.send?.({ load: loaded - begin, total: handled - begin, answer });
  };
  run().then(
    () => process.disconnect(),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
