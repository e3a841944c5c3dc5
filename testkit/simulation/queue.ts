import type { DeadLetter } from '../../lambda/delivery/queue/dead-letter.ts';
import { visibilitySeconds } from '../../lambda/delivery/waiting/wait-times.ts';
import type { QueuedMessage } from '../../lambda/delivery/candidate.ts';
import type { Queues } from '../../lambda/delivery/queue/queues.ts';
import { Heap } from './heap.ts';

/** What the queue keeps of a message. */
interface Held {
  readonly messageId: string;
  readonly body: string;
  readonly sentAt: number;
  receiveCount: number;
  visibleAt: number;
}

/** A standard queue with visibility timeouts and receive counts, and its dead-letter queue. */
export interface QueueModel {
  /** Puts a message on the queue at a time, now or later. */
  readonly send: (messageId: string, body: string, at: number) => void;
  /** Messages that are visible now, made invisible for the timeout. */
  readonly receive: (most: number) => readonly QueuedMessage[];
  /** What Lambda does with the messages of a batch that did not fail. */
  readonly remove: (message: QueuedMessage) => void;
  /** When the next message is visible; `undefined` when the queue is empty. */
  readonly nextVisibleAt: () => number | undefined;
  /** Resolves when a message is about to be visible earlier than at a time. */
  readonly earlierThan: (time: number) => Promise<void>;
  readonly size: () => number;
  /** How many messages were handed out, counting each time. */
  readonly received: () => number;
  /** How many messages are in the queue that were received before. */
  readonly waiting: () => number;
  readonly deadLetters: () => readonly DeadLetter[];
  /** Takes all dead written out of their queue. */
  readonly takeDeadLetters: () => readonly DeadLetter[];
  /** Says that more messages are sent until a time, so that an empty queue is not the end. */
  readonly expectUntil: (at: number) => void;
  /** What delivery does to the queues. */
  readonly queues: Queues;
}

/** Settings of {@link queueModel}. */
export interface QueueModelOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Visibility timeout, milliseconds. */
  readonly visibilityTimeout: number;
  /** Whether the next entry of a batch call fails. @default never */
  readonly fails?: (call: 'sendToDeadLetterQueue' | 'defer') => boolean;
}

/** An empty queue. */
export function queueModel(options: QueueModelOptions): QueueModel {
  const { now, fails = () => false } = options;
  const held = new Map<string, Held>();
  // A message has one entry for each change of its visibility; only the last one counts.
  const schedule = new Heap<{ readonly at: number; readonly message: Held }>(({ at }) => at);
  let deadLetters: readonly DeadLetter[] = [];
  let waitingCount = 0;
  let expectedUntil = -Infinity;
  let waiting: { readonly before: number; readonly wake: () => void }[] = [];
  let received = 0;

  const show = (message: Held, at: number): void => {
    message.visibleAt = at;
    schedule.push({ at, message });
    for (const { before, wake } of waiting) if (at < before) wake();
    // An instance that waits for a time that has come is woken by the clock.
    waiting = waiting.filter(({ before }) => at >= before && before > now());
  };
  const next = (): { readonly at: number; readonly message: Held } | undefined => {
    for (let first = schedule.peek(); first !== undefined; first = schedule.peek()) {
      const { at, message } = first;
      if (held.get(message.messageId) === message && message.visibleAt === at) return first;
      schedule.pop();
    }
    return undefined;
  };

  return {
    send: (messageId, body, at) => {
      const message = { messageId, body, sentAt: at, receiveCount: 0, visibleAt: at };
      held.set(messageId, message);
      show(message, at);
    },
    receive: (most) => {
      const batch: QueuedMessage[] = [];
      while (batch.length < most) {
        const first = next();
        if (first === undefined || first.at > now()) break;
        schedule.pop();
        const { message } = first;
        if (message.receiveCount === 0) waitingCount += 1;
        message.receiveCount += 1;
        received += 1;
        show(message, now() + options.visibilityTimeout);
        const { messageId, body, sentAt, receiveCount } = message;
        const receiptHandle = `${messageId}#${receiveCount}`;
        batch.push({ messageId, receiptHandle, body, sentAt, receiveCount });
      }
      return batch;
    },
    remove: ({ messageId }) => {
      if (held.delete(messageId)) waitingCount -= 1;
    },
    nextVisibleAt: () => next()?.at ?? (expectedUntil > now() ? expectedUntil : undefined),
    earlierThan: async (before) =>
      new Promise((wake) => {
        waiting.push({ before, wake });
      }),
    size: () => held.size,
    received: () => received,
    waiting: () => waitingCount,
    deadLetters: () => deadLetters,
    takeDeadLetters: () => {
      const taken = deadLetters;
      deadLetters = [];
      return taken;
    },
    expectUntil: (at) => {
      expectedUntil = Math.max(expectedUntil, at);
    },
    queues: {
      sendToDeadLetterQueue: async (written) => {
        const unwritten = written.filter(() => fails('sendToDeadLetterQueue'));
        const missing = new Set(unwritten.map(({ message }) => message));
        deadLetters = [...deadLetters, ...written.filter(({ message }) => !missing.has(message))];
        return missing;
      },
      defer: async (deferrals) => {
        for (const { message, wait } of deferrals) {
          const known = held.get(message.messageId);
          if (known === undefined || fails('defer')) continue;
          show(known, now() + visibilitySeconds(wait) * 1000);
        }
      },
    },
  };
}
