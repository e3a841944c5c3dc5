/** Deletes dead letters that an export holds, and no others. */

import type { MessageQueue } from '../aws/queue.ts';
import { contentDigest, type ExportedLetter, exportedLetter } from './export-format.ts';
import { type FailureCount, failureTally } from './failures.ts';
import type { RawLetter } from './dead-letter.ts';
import { sweep, type SweepEnding, type SweepJob, type SweepOptions } from './settle.ts';

/** What an export holds: message ID -> fingerprint of its content. */
export type ExportIndex = ReadonlyMap<string, string>;

/** Reads what an export holds. */
export async function indexExport(letters: AsyncIterable<ExportedLetter>): Promise<ExportIndex> {
  const index = new Map<string, string>();
  for await (const letter of letters) index.set(letter.messageId, contentDigest(letter));
  return index;
}

/** Whether an export holds a letter, word for word. */
export function isExported(raw: RawLetter, index: ExportIndex): boolean {
  const digest = index.get(raw.messageId);
  return digest !== undefined && digest === contentDigest(exportedLetter(raw));
}

/** What discarding has done so far, in letters. */
export interface DiscardCounts {
  readonly total: number;
  readonly discarded: number;
  /** They stay in the queue. */
  readonly failed: number;
}

/** What discarding came to. */
export interface DiscardResult extends DiscardCounts {
  /** Letters that it did not come to; why, says `ending`. */
  readonly remaining: number;
  readonly ending: SweepEnding | 'failed';
  readonly failures: readonly FailureCount[];
  readonly error?: unknown;
}

/** How discarding behaves. */
export interface DiscardOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((counts: DiscardCounts) => void) | undefined;
  readonly onWaiting?: ((letters: number) => void) | undefined;
  /** Timing of the sweep, for tests: see `SweepOptions`. */
  readonly timing?: Pick<SweepOptions, 'patience' | 'pauseFor'> | undefined;
}

/**
 * Deletes the letters that are named, each only after comparing it with the export once more.
 * Errors do not reject: they are in the result.
 */
export async function runDiscard(
  queue: MessageQueue,
  ids: Iterable<string>,
  index: ExportIndex,
  options: DiscardOptions = {},
): Promise<DiscardResult> {
  const left = new Set(ids);
  const total = left.size;
  const failures = failureTally();
  let discarded = 0;
  let failed = 0;
  const job: SweepJob = {
    remaining: () => left.size,
    wants: ({ messageId }) => left.has(messageId),
    work: async (letters) => {
      const exported = letters.filter((letter) => isExported(letter, index));
      const errors = await queue.remove(exported);
      for (const letter of letters) {
        if (!left.delete(letter.messageId)) continue;
        const reason = exported.includes(letter)
          ? errors.get(letter)
          : 'The export holds it with another content.';
        if (reason === undefined) discarded += 1;
        else {
          failed += 1;
          failures.add(reason);
        }
      }
      options.onProgress?.({ total, discarded, failed });
      return letters.filter((letter) => !exported.includes(letter) || errors.has(letter));
    },
    endPass: () => undefined,
  };
  const result = (ending: DiscardResult['ending'], error?: unknown): DiscardResult => ({
    total,
    discarded,
    failed,
    remaining: left.size,
    ending,
    failures: failures.list(),
    ...(error === undefined ? {} : { error }),
  });
  try {
    return result(await sweep(queue, job, { ...options, ...options.timing }));
  } catch (error) {
    return result('failed', error);
  }
}
