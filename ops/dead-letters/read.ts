/** Reads the dead letters of a stage and leaves all of them in the queue. */

import type { RouteTable } from '../../lambda/shared/routes.ts';
import type { MessageQueue, QueueDepth, ReceivedMessage } from '../aws/queue.ts';
import { UsageError } from '../errors.ts';
import { type DeadLetter, readDeadLetter } from './dead-letter.ts';
import { type DeadLetterFilter, matches } from './filter.ts';
import { type WalkEnding, walkQueue } from './walk.ts';

/** Where dead letters are, and the routes, which name the service of one without a message group. */
export interface DeadLetterStore {
  readonly deadLetters: MessageQueue;
  readonly routes: RouteTable;
}

/** How dead letters are read. */
export interface ReadOptions {
  /** Ends it early; what was received is given back. */
  readonly signal?: AbortSignal | undefined;
  /** `expected`: how many there are, as far as SQS knows. */
  readonly onProgress?:
    | ((progress: { readonly seen: number; readonly expected: number }) => void)
    | undefined;
}

/** Result of reading, in figures. */
export interface VisitResult {
  /** Different dead letters that were read. */
  readonly seen: number;
  /** Those that the filter took. */
  readonly matched: number;
  /** Why dead letters may be missing, a sentence; `undefined` when all were read. */
  readonly partial?: string | undefined;
}

/** Called per dead letter, one at a time. `stop` ends the visit. */
export type Read = (
  deadLetter: DeadLetter,
  message: ReceivedMessage,
) => 'stop' | undefined | Promise<'stop' | undefined>;

/**
 * Seconds for which dead letters are hidden: long enough to read all others at 500 per second, a
 * tenth of the usual rate.
 */
export function readVisibilityTimeout(messages: number): number {
  return Math.min(600, 30 + Math.ceil(messages / 500));
}

/**
 * Reads every dead letter that a filter takes, in no order, each once.
 *
 * @throws UsageError when the first characters of an ID fit several dead letters; else what the queue
 *   throws: see {@link MessageQueue}
 */
export async function visitDeadLetters(
  { deadLetters: queue, routes }: DeadLetterStore,
  filter: DeadLetterFilter,
  read: Read,
  { signal, onProgress }: ReadOptions = {},
): Promise<VisitResult> {
  const depth = await queue.depth();
  const checkIds = idChecker(filter.id);
  let received = 0;
  let seen = 0;
  let matched = 0;
  let isStopped = false;
  let reading = Promise.resolve();
  const readOne = async (message: ReceivedMessage): Promise<void> => {
    if (isStopped) return;
    seen += 1;
    const deadLetter = readDeadLetter(message, routes);
    if (!matches(filter, deadLetter)) return;
    checkIds(deadLetter.id);
    matched += 1;
    isStopped = (await read(deadLetter, message)) === 'stop';
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
      visibilityTimeout: readVisibilityTimeout(depth.visible),
      signal,
      isDone: () => isStopped,
      workers: Math.min(16, Math.ceil(depth.visible / 10) + 1),
      expected: depth.visible,
    },
  );
  const isAborted = signal?.aborted === true && !isStopped;
  return { seen, matched, partial: partialReason(ending, depth, { seen, isAborted }) };
}

/** Refuses a second dead letter for the same first characters of an ID. */
function idChecker(starts: readonly string[] = []): (id: string) => void {
  const idsByStart = new Map<string, string>();
  return (id) => {
    for (const start of starts.filter((each) => id.startsWith(each))) {
      const other = idsByStart.get(start);
      if (other !== undefined) {
        throw new UsageError(
          `Several IDs begin with ${start}, such as ${other} and ${id}; give more characters.`,
        );
      }
      idsByStart.set(start, id);
    }
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

/** Result of a listing. */
export interface Listing extends VisitResult {
  /** The newest first. */
  readonly deadLetters: readonly DeadLetter[];
}

/** Newest first; IDs decide between equals, so that two listings have the same order. */
function newestFirst(a: DeadLetter, b: DeadLetter): number {
  return b.failedAt - a.failedAt || (a.id < b.id ? -1 : 1);
}

/**
 * Lists the newest dead letters that a filter takes.
 *
 * @param options `limit`: dead letters to keep; all others are counted
 */
export async function listDeadLetters(
  store: DeadLetterStore,
  filter: DeadLetterFilter,
  options: ReadOptions & { readonly limit: number },
): Promise<Listing> {
  const { limit } = options;
  let kept: DeadLetter[] = [];
  const visit = await visitDeadLetters(
    store,
    filter,
    (deadLetter) => {
      kept.push(deadLetter);
      // Sorted now and then, so that no more than twice the limit is kept.
      if (kept.length >= 2 * limit) kept = kept.toSorted(newestFirst).slice(0, limit);
      return undefined;
    },
    options,
  );
  return { ...visit, deadLetters: kept.toSorted(newestFirst).slice(0, limit) };
}
