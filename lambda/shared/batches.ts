/**
 * Most entries in one SQS batch call.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
 */
export const MAX_BATCH_ENTRIES = 10;

/** Most bytes in one SQS batch call: 1 MiB minus a reserve for the names of attributes. */
export const MAX_BATCH_BYTES = 1_000_000;

/** Splits items into batches for one SQS call each. An item over the limit gets its own batch. */
export function sqsBatches<T>(items: readonly T[], bytesOf: (item: T) => number): T[][] {
  const batches: T[][] = [];
  let bytes = Infinity;
  for (const item of items) {
    const size = bytesOf(item);
    const last = batches.at(-1);
    if (last === undefined || last.length >= MAX_BATCH_ENTRIES || bytes + size > MAX_BATCH_BYTES) {
      batches.push([item]);
      bytes = size;
    } else {
      last.push(item);
      bytes += size;
    }
  }
  return batches;
}

/** Runs a task for each item, at most `limit` at once. Rejects as soon as a task rejects. */
export async function forEachLimited<T>(
  items: Iterable<T>,
  limit: number,
  task: (item: T) => Promise<void>,
): Promise<void> {
  const next = items[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let step = next.next(); step.done !== true; step = next.next()) await task(step.value);
  };
  await Promise.all(Array.from({ length: limit }, worker));
}
