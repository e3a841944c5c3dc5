/** The parts of a bridge, found in its stack by how they are connected. */

import { availableParallelism } from 'node:os';
import type { FunctionModel, MappingModel, QueueModel, StackModel } from './stack/model.ts';

/** The queues of the bridge by what they are for. */
export type QueueRole = 'events' | 'deadLetters';

/** Processes of a function that no queue feeds, at most: this machine is not a region of AWS. */
const MAX_INSTANCES = Math.max(2, Math.min(4, availableParallelism()));

/** How many processes a function may have at once. */
export function maxInstances(fn: FunctionModel, { mappings }: StackModel): number {
  const feeding = mappings.filter(({ functionName }) => functionName === fn.name);
  return feeding.length > 0
    ? feeding.reduce((sum, { maxConcurrency }) => sum + maxConcurrency, 0)
    : Math.min(MAX_INSTANCES, fn.reservedConcurrency ?? MAX_INSTANCES);
}

/** The value; throws an error that names what the template lacks. */
export function need<T>(value: T | undefined, what: string): T {
  if (value === undefined)
    throw new Error(`The template has no ${what}; the local bridge needs one.`);
  return value;
}

/** Finds the parts of the bridge by how they are connected, whatever the template calls them. */
export function findParts(model: StackModel): {
  readonly ingestName: string;
  readonly deliveryName: string;
  readonly mapping: MappingModel;
  readonly events: QueueModel;
  readonly deadLetters: QueueModel;
} {
  const mapping = need(model.mappings[0], 'event source mapping');
  const events = need(
    model.queues.find(({ arn }) => arn === mapping.queueArn),
    'queue that feeds a function',
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
  };
}
