/**
 * Looks at every letter of a queue and takes none. SQS has no way to page through a queue: each
 * letter is received, hidden until all were seen, so that it is not met twice, and then given back
 * at once. Should the command be killed, the letters come back by themselves.
 */

import type { MessageQueue, QueueDepth } from '../aws/queue.ts';
import type { RawLetter } from './dead-letter.ts';

/** What a scan tells while it is under way. */
export interface ScanProgress {
  readonly seen: number;
  /** How many there are, as far as SQS knows. */
  readonly expected: number;
}

/** How a scan behaves. */
export interface ScanOptions {
  /** Ends the scan early; what was received is given back. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ScanProgress) => void) | undefined;
  /** Receives under way at once. @default 16 */
  readonly parallel?: number | undefined;
}

/** What a scan came to. */
export interface ScanResult {
  /** Different letters that were seen. */
  readonly seen: number;
  /** Letters that somebody else held when the scan began, as far as SQS knows. */
  readonly heldElsewhere: number;
  /** Why letters may be missing, a sentence; `undefined` when all were seen. */
  readonly partial?: string | undefined;
}

/** What to do after a letter was looked at. */
export type AfterLook = 'continue' | 'stop';

const DEFAULT_PARALLEL = 16;

/** Most letters in one receive. */
const MAX_RECEIVE = 10;

/**
 * Seconds for which a letter is hidden: long enough to see all others at 500 a second, which ten
 * times slower than a scan usually is.
 */
export function hidingTime(letters: number): number {
  return Math.min(600, 30 + Math.ceil(letters / 500));
}

/**
 * Looks at the letters of a queue, in no order, each once.
 *
 * @param look called for each letter, one at a time
 * @throws what the queue throws: see {@link MessageQueue}
 */
export async function scan(
  queue: MessageQueue,
  look: (letter: RawLetter) => AfterLook | Promise<AfterLook>,
  options: ScanOptions = {},
): Promise<ScanResult> {
  const { signal, onProgress, parallel = DEFAULT_PARALLEL } = options;
  const depth = await queue.depth();
  const held = new Map<string, { readonly receiptHandle: string }>();
  const hideFor = hidingTime(depth.visible);
  let ending: Ending | undefined;
  let looking = Promise.resolve();
  let emptyReceives = 0;
  let metAgain = 0;
  let seen = 0;
  const workers = Math.min(parallel, Math.ceil(depth.visible / MAX_RECEIVE) + 1);
  let working = workers;

  const lookAt = async (letter: RawLetter): Promise<void> => {
    if (ending !== undefined) return;
    seen += 1;
    if ((await look(letter)) === 'stop') ending ??= 'stopped';
  };
  const work = async (): Promise<void> => {
    while (ending === undefined) {
      if (signal?.aborted === true) {
        ending = 'aborted';
        return;
      }
      // Asking all of SQS's servers takes a second when they have nothing, so only the last worker
      // does, after a quick look has found nothing.
      const letters = await queue.receive({
        max: MAX_RECEIVE,
        hideFor,
        waitFor: emptyReceives > 0 ? 1 : 0,
      });
      if (letters === 'over-limit') {
        ending ??= 'over-limit';
        return;
      }
      if (letters.length === 0) {
        if (working > 1) {
          working -= 1;
          return;
        }
        emptyReceives += 1;
        const isAll = held.size >= depth.visible;
        if (isAll && queue.isExact) ending ??= 'all';
        // As many as there should be: one thorough look will do. Fewer: two.
        if (emptyReceives > (isAll ? 1 : 2)) ending ??= 'all';
        continue;
      }
      emptyReceives = 0;
      for (const letter of letters) {
        const isNew = !held.has(letter.messageId);
        held.set(letter.messageId, { receiptHandle: letter.receiptHandle });
        if (isNew) looking = looking.then(async () => lookAt(letter));
        else metAgain += 1;
      }
      // Hidden letters have begun to come back: all that could be seen in time was seen.
      if (metAgain > 100 + held.size / 10) ending ??= 'again';
      await looking;
      onProgress?.({ seen: held.size, expected: Math.max(depth.visible, held.size) });
    }
  };

  try {
    // All workers come to their end before anything is given back, even if one fails.
    const results = await Promise.allSettled(
      Array.from({ length: workers }, async () => {
        try {
          await work();
        } catch (error) {
          ending ??= 'stopped';
          throw error;
        }
      }),
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  } finally {
    await giveBack(queue, held);
  }
  return {
    seen,
    heldElsewhere: depth.inFlight,
    partial: partialReason(ending ?? 'all', depth, seen),
  };
}

type Ending = 'all' | 'stopped' | 'aborted' | 'over-limit' | 'again';

/** Letters that cannot be given back come back by themselves. */
async function giveBack(
  queue: MessageQueue,
  held: ReadonlyMap<string, { readonly receiptHandle: string }>,
): Promise<void> {
  try {
    await queue.hide([...held.values()], 0);
  } catch {
    // What made this fail is reported by the call that failed first, or by the next one.
  }
}

function partialReason(ending: Ending, depth: QueueDepth, seen: number): string | undefined {
  switch (ending) {
    case 'aborted':
      return 'It was stopped before all letters were seen.';
    case 'stopped':
      return seen < depth.visible ? 'It ended before all letters were seen.' : undefined;
    case 'over-limit':
      return 'SQS hands out no more than about 120,000 letters at once.';
    case 'again':
      return 'There are more letters than can be seen before the first come back.';
    case 'all':
      return depth.inFlight > 0
        ? `About ${depth.inFlight} more are held by another command, or by one that was killed a moment ago; they come back within minutes.`
        : undefined;
  }
}
