/** The least that ingest has to do: read and compare both tokens, send the event to the queue. */

import { createHash, timingSafeEqual } from 'node:crypto';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { ENV } from '../../lambda/shared/environment.ts';
import { callAws, secretsManager } from './aws.ts';

const { env } = process;
const sqs = {
  name: 'sqs',
  target: 'AmazonSQS',
  json: '1.0',
  url: env['AWS_ENDPOINT_URL_SQS'] ?? '',
};

function digest(text: unknown): Buffer {
  return createHash('sha256').update(String(text)).digest();
}

let tokens: Promise<readonly unknown[]> | undefined;

async function readTokens(): Promise<readonly unknown[]> {
  const SecretId = env[ENV.webhookTokenSecretArn];
  return Promise.all(
    ['AWSCURRENT', 'AWSPREVIOUS'].map(async (VersionStage) => {
      const secret = await callAws(secretsManager(), 'GetSecretValue', { SecretId, VersionStage });
      return secret['SecretString'];
    }),
  );
}

/** Answers the webhook without checking the event. */
export async function handler(
  request: APIGatewayProxyEventV2,
): Promise<APIGatewayProxyStructuredResultV2> {
  tokens ??= readTokens();
  const own = digest(request.pathParameters?.['token']);
  const known = await tokens;
  if (!known.some((token) => timingSafeEqual(own, digest(token)))) return { statusCode: 401 };
  const event: unknown = JSON.parse(request.body ?? '');
  const { MessageId } = await callAws(sqs, 'SendMessage', {
    QueueUrl: env[ENV.eventsQueueUrl],
    MessageBody: JSON.stringify({ version: 1, receivedAt: new Date(), event }),
    MessageGroupId: 'platform',
  });
  console.log(JSON.stringify({ level: 'INFO', message: 'Event accepted', id: MessageId }));
  return { statusCode: 202, body: JSON.stringify({ status: 'accepted', id: MessageId }) };
}
