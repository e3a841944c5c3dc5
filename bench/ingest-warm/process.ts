/** Handles requests and sends messages in turn, and returns the time of each. */

import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { isJsonObject } from '../../lambda/shared/json.ts';
import { importHandler } from '../../local/lambda/load-handler.ts';
import { CONTEXT, serve } from '../measuring/serve.ts';

serve(async ({ code, event, queueUrl, body, groupId, warmUp, runs }) => {
  const handler = await importHandler(String(code), 'handler');
  const sqs = new SQSClient();
  const message = {
    QueueUrl: String(queueUrl),
    MessageBody: String(body),
    MessageGroupId: String(groupId),
  };
  const took: { handler: number[]; bare: number[] } = { handler: [], bare: [] };
  for (let run = -Number(warmUp); run < Number(runs); run += 1) {
    const begin = performance.now();
    const answer = await handler(event, CONTEXT);
    const between = performance.now();
    await sqs.send(new SendMessageCommand(message));
    const end = performance.now();
    if (!isJsonObject(answer) || answer['statusCode'] !== 202) {
      throw new Error(`An event was not accepted: ${JSON.stringify(answer)}`);
    }
    if (run < 0) continue;
    took.handler.push(between - begin);
    took.bare.push(end - between);
  }
  return took;
});
