import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';

import { pagerDutyClient } from '../pagerduty/client.ts';
import { secretsClient, sqsClient } from '../shared/clients.ts';
import { egressOf } from '../shared/egress.ts';
import { ENV, OPEN_INCIDENTS_FILE, requireEnv, ROUTES_FILE } from '../shared/environment.ts';
import { errorFields } from '../shared/log.ts';
import { powertoolsLog } from '../shared/logger.ts';
import { warnNearLimits } from '../shared/near-limits.ts';
import { claimDuration } from '../shared/open-incident.ts';
import { readRoutes, routeTable } from '../shared/routes.ts';
import { secretReader } from '../shared/secret.ts';
import { afterSettling } from './after-settling.ts';
import { deliverBatch } from './deliver.ts';
import { newInstanceState } from './instance-state.ts';
import type * as DynamoDb from './open-incidents/dynamodb.ts';
import { brokenTable, type OpenIncidents } from './open-incidents/open-incidents.ts';
import { integrationKeys, integrationKeysCache } from './keys/integration-keys.ts';
import { sqsQueues } from './queue/queues.ts';
import { queuedMessage } from './queue/records.ts';
import { reportBatch } from './report.ts';
import { readDeliverySettings } from '../shared/delivery-settings.ts';
import { settle } from './settle.ts';

/** Time reserved for logging and for the function's response, milliseconds. */
const ANSWER_TIME = 500;

const { env } = process;
const now = Date.now;
const stage = requireEnv(env, ENV.stageName);
const log = powertoolsLog('delivery');
const settings = readDeliverySettings(requireEnv(env, ENV.deliverySettings));
const region = requireEnv(env, ENV.region);
const egress = egressOf(env);
const readSecret = secretReader(
  secretsClient(region, egress),
  requireEnv(env, ENV.integrationKeysSecretArn),
);
const keys = integrationKeys(integrationKeysCache({ readSecret, log, now }));
const queues = sqsQueues({
  sqs: () => sqsClient(region, egress),
  eventsQueueUrl: requireEnv(env, ENV.eventsQueueUrl),
  deadLetterQueueUrl: requireEnv(env, ENV.deadLetterQueueUrl),
  log,
  now,
});
/**
 * The table of open incidents, if a route of the stage resolves. Only then the asset has its file,
 * with the DynamoDB client.
 */
async function openIncidents(): Promise<OpenIncidents | undefined> {
  const tableName = env[ENV.openIncidentsTable];
  if (tableName === undefined) return undefined;
  const path = join(import.meta.dirname, OPEN_INCIDENTS_FILE);
  try {
    const { openIncidentsTable }: typeof DynamoDb = await import(path);
    return openIncidentsTable({
      region,
      egress,
      tableName,
      claimDuration: claimDuration(settings),
    });
  } catch (error) {
    log.error('The client of the table of open incidents could not be loaded', errorFields(error));
    return brokenTable(error);
  }
}

const table = openIncidents();
const context = {
  settings,
  routes: routeTable(readRoutes(readFileSync(join(import.meta.dirname, ROUTES_FILE), 'utf8'))),
  keys,
  pagerDuty: pagerDutyClient({
    baseUrl: requireEnv(env, ENV.pagerDutyUrl),
    timeout: settings.callTimeoutSeconds * 1000,
    proxyAgent: egress.proxyAgent,
    now,
  }),
  consoleUrl: requireEnv(env, ENV.consoleUrl),
  state: newInstanceState(now()),
  now,
  random: Math.random,
};

/**
 * Delivers a batch of events to PagerDuty. Its response lists the messages that stay in the queue.
 */
export async function handler(event: SQSEvent, invocation: Context): Promise<SQSBatchResponse> {
  log.addContext(invocation);
  const begin = now();
  const deadline = begin + invocation.getRemainingTimeInMillis();
  const report = await deliverBatch(event.Records.map(queuedMessage), deadline, {
    ...context,
    openIncidents: await table,
  });
  const retryAfter = settings.retryBaseSeconds * 1000;
  const batch = await settle(report.processed, queues, {
    retryAfter,
    until: deadline - ANSWER_TIME,
  });
  try {
    const levels = afterSettling(report, batch, context, { retryAfter, now: now() });
    reportBatch(report, batch, log, { stage, routes: context.routes, levels, begin, now: now() });
    warnNearLimits(log, invocation, deadline - begin);
  } catch (error) {
    // The batch is settled. To throw here would return delivered messages to the queue.
    log.error('A settled batch could not be reported', { ...batch.tally, ...errorFields(error) });
  }
  return { batchItemFailures: batch.keep.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}
