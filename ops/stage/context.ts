/** The stage of a command: addresses of its parts, and clients to reach them. */

import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SQSClient } from '@aws-sdk/client-sqs';

import type { StageConfig } from '../../config/stage.ts';
import { type RouteTable, routeTable } from '../../lambda/shared/routes.ts';
import { secretsClient, sqsClient, type AwsAccess } from '../aws/clients.ts';
import type { Where } from '../aws/explain.ts';
import { messageQueue, type MessageQueue } from '../aws/queue.ts';
import type { StageOutputs } from './outputs.ts';

/** The stage of a command. */
export interface StageContext {
  readonly stage: StageConfig;
  /** The stack's name. */
  readonly stackName: string;
  /** Base URL of the local bridge; `undefined` for a deployed stage. */
  readonly bridgeUrl?: string | undefined;
  /** Base URL of PagerDuty's Events API, or of the stand-in of the local bridge. */
  readonly pagerDutyUrl: string;
  readonly outputs: StageOutputs;
  readonly access: AwsAccess;
  readonly sqs: SQSClient;
  readonly secrets: SecretsManagerClient;
  readonly events: MessageQueue;
  readonly deadLetters: MessageQueue;
  readonly routes: RouteTable;
  /** Services that the routes name, sorted. */
  readonly services: readonly string[];
}

/** Services that the routes of a stage name, sorted. */
export function servicesOf(stage: Pick<StageConfig, 'routes'>): readonly string[] {
  const services = stage.routes.flatMap((route) => ('service' in route ? [route.service] : []));
  return [...new Set(services)].toSorted();
}

/** Makes the clients of a stage. */
export function stageContext(options: {
  readonly stage: StageConfig;
  readonly stackName: string;
  readonly outputs: StageOutputs;
  readonly access: AwsAccess;
  readonly bridgeUrl?: string | undefined;
  readonly pagerDutyUrl: string;
}): StageContext {
  const { stage, outputs, access } = options;
  const sqs = sqsClient(access);
  const isExact = options.bridgeUrl !== undefined;
  return {
    ...options,
    sqs,
    secrets: secretsClient(access),
    events: messageQueue(sqs, outputs.eventsQueueUrl, isExact),
    deadLetters: messageQueue(sqs, outputs.deadLetterQueueUrl, isExact),
    routes: routeTable(stage.routes),
    services: servicesOf(stage),
  };
}

/** The part of a stage that an explanation of an error needs. */
export function whereOf({ stage, access, bridgeUrl }: StageContext): Where {
  const { region, profile } = access;
  return { stage: stage.name, region, profile, isLocal: bridgeUrl !== undefined };
}
