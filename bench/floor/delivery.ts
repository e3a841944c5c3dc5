/** The least that delivery has to do: read the keys, and make one call per event. */

import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { ENV } from '../../lambda/shared/environment.ts';
import { callAws, parseObject, post, secretsManager } from './aws.ts';

const { env } = process;

let key: Promise<unknown> | undefined;

async function readKey(): Promise<unknown> {
  const SecretId = env[ENV.integrationKeysSecretArn];
  const secret = await callAws(secretsManager(), 'GetSecretValue', { SecretId });
  return Object.values(parseObject(String(secret['SecretString'])))[0];
}

/** Delivers a batch, one call per event, all at once. */
export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  key ??= readKey();
  const routingKey = await key;
  const url = new URL('/v2/enqueue', env[ENV.pagerDutyUrl]);
  await Promise.all(
    Records.map(async ({ body }) => {
      const { event } = parseObject(body);
      const call = JSON.stringify({
        routing_key: routingKey,
        event_action: 'trigger',
        payload: { summary: 'View', source: 'View', severity: 'warning', custom_details: event },
      });
      const { status } = await post(url, { 'content-type': 'application/json' }, call);
      console.log(JSON.stringify({ level: 'INFO', message: 'Answered', status }));
    }),
  );
  return { batchItemFailures: [] };
}
