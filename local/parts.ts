/** Finds the parts of a bridge in its stack. */

import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ENV, ROUTES_FILE } from '../lambda/shared/environment.ts';
import { readRoutes, type Route } from '../lambda/shared/routes.ts';
import type {
  FunctionModel,
  MappingModel,
  QueueModel,
  ScheduleModel,
  StackModel,
} from './stack/model.ts';

/** The queues of the bridge. */
export type QueueRole = 'events' | 'deadLetters';

/** Maximum of processes for a function without a mapping: this machine has few processors. */
const MAX_INSTANCES = Math.max(2, Math.min(4, availableParallelism()));

/** Maximum of processes that a function may have at the same time. */
export function maxInstances(fn: FunctionModel, { mappings }: StackModel): number {
  const sources = mappings.filter(({ functionName }) => functionName === fn.name);
  return sources.length > 0
    ? sources.reduce((sum, { maxConcurrency }) => sum + maxConcurrency, 0)
    : Math.min(MAX_INSTANCES, fn.reservedConcurrency ?? MAX_INSTANCES);
}

/** Returns the value. @throws Error naming what the template lacks when it is `undefined` */
export function need<T>(value: T | undefined, what: string): T {
  if (value === undefined)
    throw new Error(`The template has no ${what}; the local bridge needs one.`);
  return value;
}

/** Finds the parts of the bridge by their connections, so that their names in the template may change. */
export function findParts(model: StackModel): {
  readonly ingestName: string;
  readonly deliveryName: string;
  readonly mapping: MappingModel;
  readonly events: QueueModel;
  readonly deadLetters: QueueModel;
  /** The schedule of ticks. */
  readonly tick: ScheduleModel;
} {
  const mapping = need(model.mappings[0], 'event source mapping');
  const events = need(
    model.queues.find(({ arn }) => arn === mapping.queueArn),
    'queue with an event source mapping',
  );
  return {
    ingestName: need(model.routes[0], 'route of an HTTP API').functionName,
    deliveryName: mapping.functionName,
    mapping,
    events,
    deadLetters: need(
      model.queues.find(({ arn }) => arn === events.deadLetterArn),
      'dead-letter queue',
    ),
    tick: need(
      model.schedules.find(({ queueArn }) => queueArn === events.arn),
      'schedule that sends to the events queue',
    ),
  };
}

/** The routes from events to PagerDuty services, which are a file in the functions' code. */
export function routesOf({ functions }: StackModel): readonly Route[] {
  const delivery = functions.find(({ environment }) => ENV.integrationKeysSecretArn in environment);
  if (delivery === undefined) return [];
  return readRoutes(readFileSync(join(delivery.codeFolder, ROUTES_FILE), 'utf8'));
}
