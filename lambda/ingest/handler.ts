import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';

import { secretsClient, sqsClient } from '../shared/clients.ts';
import { egressOf } from '../shared/egress.ts';
import { ENV, requireEnv, ROUTES_FILE } from '../shared/environment.ts';
import { powertoolsLog } from '../shared/logger.ts';
import { warnNearLimits } from '../shared/near-limits.ts';
import { readRoutes, routeTable } from '../shared/routes.ts';
import { secretReader } from '../shared/secret.ts';
import { type Enqueue, ingest } from './ingest.ts';
import { addressFilter } from './networks.ts';
import type { WebhookResponse } from './response.ts';
import { tokenCache, tokenVerifier } from './token.ts';

const { env } = process;
const stage = requireEnv(env, ENV.stageName);
const log = powertoolsLog('ingest');
const region = requireEnv(env, ENV.region);
const egress = egressOf(env);
const sqs = sqsClient(region, egress);
const queueUrl = requireEnv(env, ENV.eventsQueueUrl);
const readSecret = secretReader(
  secretsClient(region, egress),
  requireEnv(env, ENV.webhookTokenSecretArn),
);

const enqueue: Enqueue = async ({ body, groupId }) => {
  const { MessageId } = await sqs.send(
    new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body, MessageGroupId: groupId }),
  );
  if (MessageId === undefined) throw new Error('SQS did not confirm the message.');
  return MessageId;
};

const context = {
  stage,
  verifyToken: tokenVerifier(tokenCache({ readSecret, log, now: Date.now })),
  isAllowedAddress: addressFilter(env[ENV.allowedNetworks]),
  routes: routeTable(readRoutes(readFileSync(join(import.meta.dirname, ROUTES_FILE), 'utf8'))),
  enqueue,
  log,
  now: Date.now,
};

/** Handles one request of Glasnostic's webhook. */
export async function handler(
  request: APIGatewayProxyEventV2,
  invocation: Context,
): Promise<WebhookResponse> {
  log.addContext(invocation);
  const timeout = invocation.getRemainingTimeInMillis();
  const response = await ingest(request, context, timeout);
  warnNearLimits(log, invocation, timeout);
  return response;
}
