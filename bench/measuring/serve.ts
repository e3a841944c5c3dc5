/** The process that `startChild` starts. */

import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';
import { LOCAL_ACCOUNT, LOCAL_PARTITION } from '../../local/stack/physical.ts';

/** The context of every invocation. */
export const CONTEXT = {
  awsRequestId: '00000000-0000-4000-8000-000000000000',
  functionName: 'function',
  functionVersion: '$LATEST',
  invokedFunctionArn: `arn:${LOCAL_PARTITION}:lambda:us-east-1:${LOCAL_ACCOUNT}:function:function`,
  memoryLimitInMB: '512',
  getRemainingTimeInMillis: () => 60_000,
};

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
