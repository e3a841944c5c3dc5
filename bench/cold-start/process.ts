/**
 * A new process that loads a function's code and handles its first event, as Lambda does at a cold
 * start. Sends the time of both to its parent.
 */

import { importHandler } from '../../local/lambda/load-handler.ts';
import { CONTEXT } from '../measuring/serve.ts';

process.once('message', (request: { readonly code: string; readonly event: unknown }) => {
  const run = async (): Promise<void> => {
    const begin = performance.now();
    const handler = await importHandler(request.code, 'handler');
    const answer = await handler(request.event, CONTEXT);
    process.send?.({ total: performance.now() - begin, answer });
  };
  run().then(
    () => process.disconnect(),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
