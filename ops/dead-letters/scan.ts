/** Reads every message of a queue and leaves all of them there. */

import type { MessageQueue, QueueDepth, ReceivedMessage } from '../aws/queue.ts';
import { walkQueue, type WalkEnding } from './walk.ts';

/** Progress of a scan. */
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
}

/** Result of a scan. */
export interface ScanResult {
  /** Different messages that were read. */
  readonly seen: number;
  /** Why messages may be missing, a sentence; `undefined` when all were read. */
  readonly partial?: string | undefined;
}

/** `stop` ends the scan; `undefined` goes on. */
export type AfterRead = 'stop' | undefined;

/**
 * Seconds for which a scan hides messages: long enough to read all others at 500 per second, a tenth
 * of the usual rate.
 */
export function scanVisibilityTimeout(messages: number): number {
  return Math.min(600, 30 + Math.ceil(messages / 500));
}

/**
 * Reads the messages of a queue, in no order, each once.
 *
 * @param read called per message, one at a time
 * @throws what the queue throws: see {@link MessageQueue}
 */
export async function scan(
  queue: MessageQueue,
  read: (message: ReceivedMessage) => AfterRead | Promise<AfterRead>,
  options: ScanOptions = {},
): Promise<ScanResult> {
  const { signal, onProgress } = options;
  const depth = await queue.depth();
  let seen = 0;
  let received = 0;
  let isStopped = false;
  let reading = Promise.resolve();
  const readOne = async (message: ReceivedMessage): Promise<void> => {
    if (isStopped) return;
    seen += 1;
    isStopped = (await read(message)) === 'stop';
  };
  const ending = await walkQueue(
    queue,
    async (messages) => {
      received += messages.length;
      for (const message of messages) reading = reading.then(async () => readOne(message));
      await reading;
      onProgress?.({ seen: received, expected: Math.max(depth.visible, received) });
    },
    {
      visibilityTimeout: scanVisibilityTimeout(depth.visible),
      signal,
      isDone: () => isStopped,
      workers: Math.min(16, Math.ceil(depth.visible / 10) + 1),
      expected: depth.visible,
    },
  );
  return {
    seen,
    partial: partialReason(ending, depth, {
      seen,
      isAborted: signal?.aborted === true && !isStopped,
    }),
  };
}

function partialReason(
  ending: WalkEnding,
  { visible, inFlight }: QueueDepth,
  { seen, isAborted }: { readonly seen: number; readonly isAborted: boolean },
): string | undefined {
  switch (ending) {
    case 'stopped':
      if (isAborted) return 'It was stopped before all dead letters were read.';
      return seen < visible ? 'It ended before all dead letters were read.' : undefined;
    case 'over-limit':
      return 'SQS hands out no more than about 120,000 messages at once.';
    case 'repeats':
      return 'There are more dead letters than can be read before the first become visible again.';
    case 'end':
      return inFlight > 0
        ? `Another command holds about ${inFlight} more, or held them when it was killed a moment ago; they become visible within minutes.`
        : undefined;
  }
}
