import * as v from 'valibot';
import { fields, integer } from './fields.ts';

const memoryMB = v.exactOptional(
  integer(
    [256, 10_240],
    'a function takes up to 200 MB under a storm, and Lambda gives 10,240 at most',
  ),
  512,
);

/** Size of the ingest function. */
export const IngestFunction = fields({
  /** Memory in MB; the CPU share grows with it. @default 512 */
  memoryMB,
  /** Timeout in seconds. The HTTP API itself gives up after 30. @default 10 */
  timeoutSeconds: v.exactOptional(
    integer([1, 29], 'an HTTP API stops waiting after 30 seconds'),
    10,
  ),
  /**
   * Instances that are reserved for it, and its maximum: a flood leaves the rest of the account
   * alone. Needs an account whose concurrency limit allows it; a new one has 10.
   * @default none: the throttle of the API is the limit
   */
  reservedConcurrency: v.exactOptional(
    integer([1, 1000], 'an account has a concurrency of 1,000 unless AWS raised it'),
  ),
});

/** Size of the delivery function and of its batches. */
export const DeliveryFunction = v.pipe(
  fields({
    /** Memory in MB; the CPU share grows with it. @default 512 */
    memoryMB,
    /** Timeout in seconds. The events queue's visibility timeout is six times this. @default 60 */
    timeoutSeconds: v.exactOptional(
      integer([5, 900], 'Lambda stops a function after 900 seconds'),
      60,
    ),
    /** Most messages in one batch. More than 10 need a window. @default 10 */
    batchSize: v.exactOptional(
      integer([1, 10_000], "these are the bounds of Lambda's batches from SQS"),
      10,
    ),
    /**
     * Longest time to gather a batch, in seconds. With a window of any length, Lambda may leave the
     * only event in a quiet queue for up to 20 seconds:
     * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html. @default 0
     */
    batchWindowSeconds: v.exactOptional(
      integer([0, 300], "these are the bounds of Lambda's batching window"),
      0,
    ),
  }),
  v.forward(
    v.partialCheck(
      [['batchSize'], ['batchWindowSeconds']],
      ({ batchSize, batchWindowSeconds }) => batchSize <= 10 || batchWindowSeconds >= 1,
      ({ input: { batchSize } }) =>
        `0 allows batches of 10 at most; use at least 1 with batchSize ${batchSize}`,
    ),
    ['batchWindowSeconds'],
  ),
);
