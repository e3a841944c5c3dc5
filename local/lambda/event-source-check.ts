/** Lambda's checks of a new event source mapping. */

import type { Authorizer } from '../iam/authorization.ts';
import { textOf } from '../aws-endpoint/protocol.ts';
import type { MappingOptions } from './event-source-mapping.ts';
import type { FunctionPool } from './pool.ts';
import { objectOr } from '../stack/template.ts';

/**
 * Actions of the pollers, which use the function's role.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions
 */
const POLLER_ACTIONS = ['GetQueueAttributes', 'ReceiveMessage', 'DeleteMessage'];

/** A mapping, with the settings of its function. */
export type EventSource = Omit<MappingOptions, 'pool'> & {
  readonly pool: Pick<FunctionPool, 'fn'>;
};

/**
 * Refuses an event source as Lambda does when the mapping is created: before the first poll, and with
 * the same words.
 *
 * @throws Error when the role lacks an action of the pollers, or when messages become visible again
 *   while the function may still process them
 */
export async function checkEventSource(
  { queue, pool, aws, caller }: EventSource,
  check: Authorizer,
): Promise<void> {
  for (const operation of POLLER_ACTIONS) {
    if (check({ caller, action: `sqs:${operation}`, resourceArn: queue.arn }) !== undefined) {
      throw new Error(
        `The provided execution role does not have permissions to call ${operation} on SQS: grant sqs:${operation} on ${queue.logicalId} to the role of ${pool.fn.logicalId}.`,
      );
    }
  }
  const { body } = await aws.call(caller, 'sqs', 'GetQueueAttributes', {
    QueueUrl: queue.url,
    AttributeNames: ['VisibilityTimeout'],
  });
  const visibility = Number(textOf(objectOr(body['Attributes']), 'VisibilityTimeout'));
  if (visibility < pool.fn.timeoutSeconds) {
    throw new Error(
      `Queue visibility timeout: ${visibility} seconds is less than Function timeout: ${pool.fn.timeoutSeconds} seconds. Raise VisibilityTimeout of ${queue.logicalId}.`,
    );
  }
}
