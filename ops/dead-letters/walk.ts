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
  readonly has: (messageId: string) => boolean;
  /**
   * Deletes messages from the queue. A message that is not held, or that is being deleted, is skipped.
   *
   * @returns message IDs of those that stay in the queue, and why
   */
  readonly delete: (messageIds: readonly string[]) => Promise<Failures<string>>;
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
  return new Walk(queue, visit, options).run();
}

class Walk implements HeldMessages {
  readonly #queue: MessageQueue;
  readonly #visit: Visit;
  readonly #options: WalkOptions;
  /** Message ID -> receipt handle. No more than that: there may be 100,000. */
  readonly #held = new Map<string, string>();
  #ending: WalkEnding | undefined;
  #workers: number;
  #received = 0;
  #repeats = 0;
  #emptyReceives = 0;

  constructor(queue: MessageQueue, visit: Visit, options: WalkOptions) {
    this.#queue = queue;
    this.#visit = visit;
    this.#options = options;
    this.#workers = options.workers ?? 16;
  }

  async run(): Promise<WalkEnding> {
    const results = await Promise.allSettled(
      Array.from({ length: this.#workers }, async () => this.#work()),
    );
    await this.#giveBack();
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return this.#ending ?? 'end';
  }

  readonly has = (messageId: string): boolean => this.#held.has(messageId);

  readonly delete = async (messageIds: readonly string[]): Promise<Failures<string>> => {
    const messages = messageIds.flatMap((messageId) => {
      const receiptHandle = this.#held.get(messageId);
      // Taken before the call, so that no other worker deletes it as well.
      this.#held.delete(messageId);
      return receiptHandle === undefined ? [] : [{ messageId, receiptHandle }];
    });
    let kept: Iterable<(typeof messages)[number]> = messages;
    try {
      const failures = await this.#queue.delete(messages);
      kept = failures.keys();
      return new Map([...failures].map(([{ messageId }, reason]) => [messageId, reason]));
    } finally {
      for (const { messageId, receiptHandle } of kept) this.#held.set(messageId, receiptHandle);
    }
  };

  async #work(): Promise<void> {
    try {
      while (await this.#receive());
    } catch (error) {
      this.#ending ??= 'stopped';
      throw error;
    }
  }

  /** @returns whether the worker goes on */
  async #receive(): Promise<boolean> {
    const { visibilityTimeout, signal, isDone, beforeReceive, perReceive = 10 } = this.#options;
    await beforeReceive?.();
    if (signal?.aborted === true || isDone?.() === true) this.#ending ??= 'stopped';
    if (this.#ending !== undefined) return false;
    const messages = await this.#queue.receive({
      max: perReceive,
      visibilityTimeout,
      waitTime: this.#emptyReceives > 0 ? 1 : 0,
    });
    if (messages === 'over-limit') this.#ending ??= 'over-limit';
    else if (messages.length === 0) return this.#goOnAfterEmpty();
    else {
      this.#emptyReceives = 0;
      const fresh = this.#hold(messages);
      if (fresh.length > 0) await this.#visit(fresh, this);
      if (isRepeating(this.#repeats, this.#held.size)) this.#ending ??= 'repeats';
    }
    return true;
  }

  /** @returns the messages that this walk had not received before */
  #hold(messages: readonly ReceivedMessage[]): readonly ReceivedMessage[] {
    const fresh = messages.filter(({ messageId }) => !this.#held.has(messageId));
    for (const { messageId, receiptHandle } of messages) this.#held.set(messageId, receiptHandle);
    this.#received += fresh.length;
    this.#repeats += messages.length - fresh.length;
    return fresh;
  }

  /** All workers but one end at their first empty receive; the last one makes sure. */
  #goOnAfterEmpty(): boolean {
    if (this.#workers > 1) {
      this.#workers -= 1;
      return false;
    }
    this.#emptyReceives += 1;
    const sawExpected = this.#received >= (this.#options.expected ?? 0);
    if (this.#emptyReceives >= emptyReceivesAtEnd(this.#queue.isExact, sawExpected)) {
      this.#ending ??= 'end';
    }
    return true;
  }

  async #giveBack(): Promise<void> {
    const messages = [...this.#held.values()].map((receiptHandle) => ({ receiptHandle }));
    // What cannot be given back becomes visible by itself. The call that failed first is reported.
    await this.#queue.giveBack(messages).catch(() => undefined);
  }
}
