/** Puts exported dead letters back into the dead-letter queue. */

import type { MessageQueue, Outgoing } from '../aws/queue.ts';
import {
  contentDigest,
  type ExportedLetter,
  exportedLetter,
  messageAttributes,
} from './export-format.ts';
import { type FailureCount, failureTally } from './failures.ts';
import { scan, type ScanOptions } from './scan.ts';

/** What an import would do. */
export interface ImportPlan {
  /** Letters to put into the queue. */
  readonly missing: number;
  /** Letters of the file whose like is in the queue already. */
  readonly present: number;
  /** Why letters of the queue may have been overlooked. */
  readonly partial?: string | undefined;
  /** How often each content, by its fingerprint, is in the queue already. */
  readonly inQueue: ReadonlyMap<string, number>;
}

/** What an import came to. */
export interface ImportResult {
  readonly imported: number;
  readonly skipped: number;
  readonly failed: number;
  readonly failures: readonly FailureCount[];
  /** Whether the signal ended it. */
  readonly stopped: boolean;
}

/** Letters in one go: memory stays bounded however long the file is. */
const CHUNK = 100;

/** Splits the letters of a file by whether the queue has one like it, counting repetitions. */
async function* missingOnes(
  letters: AsyncIterable<ExportedLetter>,
  inQueue: ReadonlyMap<string, number>,
): AsyncGenerator<{ readonly letter: ExportedLetter; readonly isMissing: boolean }> {
  const left = new Map(inQueue);
  for await (const letter of letters) {
    const digest = contentDigest(letter);
    const present = left.get(digest) ?? 0;
    if (present > 0) left.set(digest, present - 1);
    yield { letter, isMissing: present === 0 };
  }
}

/**
 * Compares a file with the queue, so that an import that was interrupted can be run again: what is
 * there already is not put there twice.
 */
export async function planImport(
  queue: MessageQueue,
  letters: AsyncIterable<ExportedLetter>,
  options: ScanOptions = {},
): Promise<ImportPlan> {
  const inQueue = new Map<string, number>();
  const { partial } = await scan(
    queue,
    (raw) => {
      const digest = contentDigest(exportedLetter(raw));
      inQueue.set(digest, (inQueue.get(digest) ?? 0) + 1);
      return 'continue';
    },
    options,
  );
  let missing = 0;
  let present = 0;
  for await (const { isMissing } of missingOnes(letters, inQueue)) {
    if (isMissing) missing += 1;
    else present += 1;
  }
  return { missing, present, partial, inQueue };
}

/** Puts the letters that the plan found missing into the queue. */
export async function runImport(
  queue: MessageQueue,
  letters: AsyncIterable<ExportedLetter>,
  plan: Pick<ImportPlan, 'inQueue'>,
  options: {
    readonly signal?: AbortSignal | undefined;
    readonly onProgress?: ((imported: number) => void) | undefined;
  } = {},
): Promise<ImportResult> {
  const failures = failureTally();
  let imported = 0;
  let skipped = 0;
  let failed = 0;
  let chunk: Outgoing[] = [];
  const send = async (): Promise<void> => {
    const errors = await queue.send(chunk);
    imported += chunk.length - errors.size;
    failed += errors.size;
    for (const reason of errors.values()) failures.add(reason);
    chunk = [];
    options.onProgress?.(imported);
  };
  for await (const { letter, isMissing } of missingOnes(letters, plan.inQueue)) {
    if (options.signal?.aborted === true) break;
    if (!isMissing) {
      skipped += 1;
      continue;
    }
    chunk.push({
      body: letter.body,
      groupId: letter.attributes['MessageGroupId'],
      attributes: messageAttributes(letter),
    });
    if (chunk.length >= CHUNK) await send();
  }
  await send();
  return {
    imported,
    skipped,
    failed,
    failures: failures.list(),
    stopped: options.signal?.aborted === true,
  };
}
