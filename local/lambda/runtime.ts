/**
 * Entry of a function's process: loads the handler once, then runs one invocation at a time, as
 * Lambda's runtime does. It ends when the channel to the bridge closes, for whatever reason.
 */

import { flushCompileCache } from 'node:module';
import { LOCAL_ACCOUNT, LOCAL_PARTITION } from '../stack/physical.ts';
import { loadHandler, type Handler } from './load-handler.ts';
import type { Invoke, Reply } from './protocol.ts';

function send(reply: Reply): void {
  process.send?.(reply);
}

function errorReply(error: unknown, requestId?: string): Reply {
  const known = error instanceof Error;
  return {
    type: 'error',
    ...(requestId === undefined ? {} : { requestId }),
    errorType: known ? error.name : typeof error,
    message: known ? error.message : String(error),
  };
}

function contextOf({ requestId, deadline }: Invoke): object {
  const { env } = process;
  return {
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: true,
    functionName: env['AWS_LAMBDA_FUNCTION_NAME'],
    functionVersion: env['AWS_LAMBDA_FUNCTION_VERSION'],
    invokedFunctionArn: `arn:${LOCAL_PARTITION}:lambda:${env['AWS_REGION'] ?? ''}:${LOCAL_ACCOUNT}:function:${env['AWS_LAMBDA_FUNCTION_NAME'] ?? ''}`,
    memoryLimitInMB: env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'],
    logGroupName: env['AWS_LAMBDA_LOG_GROUP_NAME'],
    logStreamName: env['AWS_LAMBDA_LOG_STREAM_NAME'],
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

function isInvoke(message: unknown): message is Invoke {
  return (
    typeof message === 'object' &&
    message !== null &&
    'type' in message &&
    message.type === 'invoke'
  );
}

async function run(handler: Handler, invoke: Invoke): Promise<Reply> {
  process.env['_X_AMZN_TRACE_ID'] = invoke.traceId;
  try {
    const result = await handler(invoke.event, contextOf(invoke));
    return {
      type: 'result',
      requestId: invoke.requestId,
      payload: JSON.stringify(result) ?? 'null',
    };
  } catch (error) {
    return errorReply(error, invoke.requestId);
  }
}

async function start(): Promise<void> {
  process.on('disconnect', () => process.exit(0));
  // Ctrl-C in a terminal is sent to the whole process group; the bridge decides when this one ends.
  process.on('SIGINT', () => {});
  // Only for Node, which has read it; see startInstance.
  delete process.env['NODE_COMPILE_CACHE'];
  const { LAMBDA_TASK_ROOT: folder = '', _HANDLER: name = '' } = process.env;
  let handler: Handler;
  try {
    handler = await loadHandler(folder, name);
  } catch (error) {
    send(errorReply(error));
    return;
  }
  process.on('message', (message: unknown) => {
    if (isInvoke(message)) void run(handler, message).then(send);
  });
  send({ type: 'ready' });
  // Node writes its compile cache at exit, but the bridge ends this process with SIGKILL.
  flushCompileCache();
}

await start();
