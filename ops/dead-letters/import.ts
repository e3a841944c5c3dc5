/** Puts exported dead letters back into the dead-letter queue. */

import type { MessageQueue, OutgoingMessage } from '../aws/queue.ts';
import {
  contentDigest,
  type ExportedDeadLetter,
  messageAttributes,
  toExported,
} from './export-format.ts';
import { type DeadLetterStore, type ReadOptions, visitDeadLetters } from './read.ts';
import { type FailureCount, failureCounts } from './tally.ts';

/** Plan of an import. */
export interface ImportPlan {
  /** Dead letters of the file to put into the queue. */
  readonly missing: number;
  /** Dead letters of the file whose content is in the queue already. */
  readonly present: number;
  /** Why messages of the queue may have been missed. */
  readonly partial?: string | undefined;
  /** How often each content, by its digest, is in the queue already. */
  readonly inQueue: ReadonlyMap<string, number>;
}

/** Result of an import. */
export interface ImportResult {
  readonly imported: number;
  readonly skipped: number;
  readonly failed: number;
  readonly failures: readonly FailureCount[];
  /** Whether the signal ended it. */
  readonly stopped: boolean;
}

/** Dead letters per send: memory stays bounded however long the file is. */
const CHUNK = 100;

/** Compares the dead letters of a file with the queue, counting repetitions. */
async function* compare(
  deadLetters: AsyncIterable<ExportedDeadLetter>,
  inQueue: ReadonlyMap<string, number>,
): AsyncGenerator<{ readonly deadLetter: ExportedDeadLetter; readonly isMissing: boolean }> {
  const left = new Map(inQueue);
  for await (const deadLetter of deadLetters) {
    const digest = contentDigest(deadLetter);
    const present = left.get(digest) ?? 0;
    if (present > 0) left.set(digest, present - 1);
    yield { deadLetter, isMissing: present === 0 };
  }
}

/**
 * Compares a file with the queue. So an import that was interrupted can be run again, and nothing is
 * put into the queue twice.
 */
export async function planImport(
  store: DeadLetterStore,
  deadLetters: AsyncIterable<ExportedDeadLetter>,
  options: ReadOptions = {},
): Promise<ImportPlan> {
  const inQueue = new Map<string, number>();
  const { partial } = await visitDeadLetters(
    store,
    {},
    (_, message) => {
      const digest = contentDigest(toExported(message));
      inQueue.set(digest, (inQueue.get(digest) ?? 0) + 1);
      return undefined;
    },
    options,
  );
  let missing = 0;
  let present = 0;
  for await (const { isMissing } of compare(deadLetters, inQueue)) {
    if (isMissing) missing += 1;
    else present += 1;
  }
  return { missing, present, partial, inQueue };
}

/** Puts the dead letters that the plan found missing into the queue. */
export async function runImport(
  queue: MessageQueue,
  deadLetters: AsyncIterable<ExportedDeadLetter>,
  { inQueue }: Pick<ImportPlan, 'inQueue'>,
  options: {
    readonly signal?: AbortSignal | undefined;
    readonly onProgress?: ((imported: number) => void) | undefined;
  } = {},
): Promise<ImportResult> {
  const { signal, onProgress } = options;
  const failures: string[] = [];
  let imported = 0;
  let skipped = 0;
  let chunk: OutgoingMessage[] = [];
  const send = async (): Promise<void> => {
    const errors = await queue.send(chunk);
    imported += chunk.length - errors.size;
    failures.push(...errors.values());
    chunk = [];
    onProgress?.(imported);
  };
  for await (const { deadLetter, isMissing } of compare(deadLetters, inQueue)) {
    if (signal?.aborted === true) break;
    if (!isMissing) {
      skipped += 1;
      continue;
    }
    chunk.push({
      body: deadLetter.body,
      groupId: deadLetter.attributes['MessageGroupId'],
      attributes: messageAttributes(deadLetter),
    });
    if (chunk.length >= CHUNK) await send();
  }
  await send();
  return {
    imported,
    skipped,
    failed: failures.length,
    failures: failureCounts(failures),
    stopped: signal?.aborted === true,
  };
}
