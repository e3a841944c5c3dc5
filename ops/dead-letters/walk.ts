/**
 * One walk through an SQS queue: receives every message, in no order, with several workers. SQS can
 * neither list nor look up messages, so a walk holds what it has received: the visibility timeout
 * keeps a message from being received twice. At its end the walk gives back what was not deleted. If
 * the process is killed, the messages become visible again when their visibility timeout ends.
 */

import type { Failures, MessageQueue, ReceivedMessage } from '../aws/queue.ts';

/** Why a walk ended. */
export type WalkEnding =
  /** No more messages came. */
  | 'end'
  /** SQS has as many messages in flight as it allows. */
  | 'over-limit'
  /** Messages that the walk holds were received again: their visibility timeout ends. */
  | 'repeats'
  /** `isDone` or the signal. */
  | 'stopped';

/** The messages that a walk has received and not deleted. */
export interface HeldMessages {
  has(messageId: string): boolean;
  /**
   * Deletes messages from the queue. A message that is not held, or that is being deleted, is skipped.
   *
   * @returns message IDs of those that stay in the queue, and why
   */
  delete(messageIds: readonly string[]): Promise<Failures<string>>;
}

/** Works on messages that a walk has received; each message comes once per walk. */
export type Visit = (messages: readonly ReceivedMessage[], held: HeldMessages) => Promise<void>;

/** How a walk receives. */
export interface WalkOptions {
  /** Seconds for which received messages are hidden. */
  readonly visibilityTimeout: number;
  /** Ends the walk before its next receive. */
  readonly signal?: AbortSignal | undefined;
  /** Asked before each receive: `true` ends the walk. @default never */
  readonly isDone?: (() => boolean) | undefined;
  /** Waited for before each receive. @default no wait */
  readonly beforeReceive?: (() => Promise<void>) | undefined;
  /** Messages per receive, 1 to 10. @default 10 */
  readonly perReceive?: number | undefined;
  /** Concurrent receives. @default 16 */
  readonly workers?: number | undefined;
  /** Messages that the queue should hold. With fewer, the walk looks longer. @default not known */
  readonly expected?: number | undefined;
}

/**
 * Consecutive empty receives of the last worker that prove the end of the queue. The first of them
 * asks only some of SQS's servers; the others ask all, and each takes a second.
 */
export function emptyReceivesAtEnd(isExact: boolean, sawExpected: boolean): number {
  if (isExact) return 1;
  return sawExpected ? 2 : 3;
}

/** Whether messages have begun to become visible again. SQS repeats a few at any time. */
export function isRepeating(repeats: number, held: number): boolean {
  return repeats > 100 + held / 10;
}

/**
 * Walks through a queue.
 *
 * @throws the first error of the queue or the visit, after all workers have ended and all messages
 *   were given back
 */
export async function walkQueue(
  queue: MessageQueue,
  visit: Visit,
  options: WalkOptions,
): Promise<WalkEnding> {
  const { visibilityTimeout, signal, isDone, beforeReceive, perReceive = 10 } = options;
  const { workers = 16, expected = 0 } = options;
  const held = new Held(queue);
  let ending: WalkEnding | undefined;
  let working = workers;
  let emptyReceives = 0;

  /** All workers but one end at their first empty receive; the last one makes sure. */
  const goOnAfterEmpty = (): boolean => {
    if (working > 1) {
      working -= 1;
      return false;
    }
    emptyReceives += 1;
    const sawExpected = held.received >= expected;
    if (emptyReceives >= emptyReceivesAtEnd(queue.isExact, sawExpected)) ending ??= 'end';
    return true;
  };
  /** @returns whether the worker goes on */
  const receive = async (): Promise<boolean> => {
    await beforeReceive?.();
    if (signal?.aborted === true || isDone?.() === true) ending ??= 'stopped';
    if (ending !== undefined) return false;
    const waitTime = emptyReceives > 0 ? 1 : 0;
    const messages = await queue.receive({ max: perReceive, visibilityTimeout, waitTime });
    if (messages === 'over-limit') {
      ending ??= 'over-limit';
      return false;
    }
    if (messages.length === 0) return goOnAfterEmpty();
    emptyReceives = 0;
    const fresh = held.add(messages);
    if (fresh.length > 0) await visit(fresh, held);
    if (isRepeating(held.repeats, held.size)) ending ??= 'repeats';
    return true;
  };
  const work = async (): Promise<void> => {
    try {
      while (await receive());
    } catch (error) {
      ending ??= 'stopped';
      throw error;
    }
  };

  const results = await Promise.allSettled(Array.from({ length: workers }, work));
  await held.giveBack();
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return ending ?? 'end';
}

class Held implements HeldMessages {
  /** Message ID -> receipt handle. No more than that: there may be 100,000. */
  readonly #handles = new Map<string, string>();
  readonly #queue: MessageQueue;
  /** Different messages, those that were deleted included. */
  received = 0;
  /** Messages that were received again. */
  repeats = 0;

  constructor(queue: MessageQueue) {
    this.#queue = queue;
  }

  get size(): number {
    return this.#handles.size;
  }

  /** @returns the messages that are not held yet */
  add(messages: readonly ReceivedMessage[]): readonly ReceivedMessage[] {
    const fresh = messages.filter(({ messageId }) => !this.#handles.has(messageId));
    for (const { messageId, receiptHandle } of messages) {
      this.#handles.set(messageId, receiptHandle);
    }
    this.received += fresh.length;
    this.repeats += messages.length - fresh.length;
    return fresh;
  }

  has(messageId: string): boolean {
    return this.#handles.has(messageId);
  }

  async delete(messageIds: readonly string[]): Promise<Failures<string>> {
    const messages = messageIds.flatMap((messageId) => {
      const receiptHandle = this.#handles.get(messageId);
      // Taken before the call, so that no other worker deletes it as well.
      this.#handles.delete(messageId);
      return receiptHandle === undefined ? [] : [{ messageId, receiptHandle }];
    });
    let kept: Iterable<(typeof messages)[number]> = messages;
    try {
      const failures = await this.#queue.delete(messages);
      kept = failures.keys();
      return new Map([...failures].map(([{ messageId }, reason]) => [messageId, reason]));
    } finally {
      for (const { messageId, receiptHandle } of kept) this.#handles.set(messageId, receiptHandle);
    }
  }

  /** What cannot be given back becomes visible by itself; the first failed call is reported. */
  async giveBack(): Promise<void> {
    const messages = [...this.#handles.values()].map((receiptHandle) => ({ receiptHandle }));
    await this.#queue.giveBack(messages).catch(() => undefined);
  }
}
