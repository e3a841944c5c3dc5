/** Deletes dead letters that an export holds, and no others. */

import type { MessageQueue, ReceivedMessage } from '../aws/queue.ts';
import { contentDigest, type ExportedDeadLetter, toExported } from './export-format.ts';
import type { DeadLetterFilter } from './filter.ts';
import { planItem, type PlanItem } from './plan.ts';
import { type DeadLetterStore, type ReadOptions, visitDeadLetters } from './read.ts';
import { type SettleEnding, settleMessages, type SettleOptions } from './settle.ts';
import { type FailureCount, failureCounts } from './tally.ts';

/** Content of an export: message ID -> digest of its dead letter. */
export type ExportIndex = ReadonlyMap<string, string>;

/** Indexes an export. */
export async function indexExport(
  deadLetters: AsyncIterable<ExportedDeadLetter>,
): Promise<ExportIndex> {
  const index = new Map<string, string>();
  for await (const each of deadLetters) index.set(each.messageId, contentDigest(each));
  return index;
}

/** Whether an export holds a message, word for word. */
function isExported(message: ReceivedMessage, index: ExportIndex): boolean {
  const digest = index.get(message.messageId);
  return digest !== undefined && digest === contentDigest(toExported(message));
}

/** Plan of a deletion. */
export interface DiscardPlan {
  /** The dead letters to delete. */
  readonly items: readonly PlanItem[];
  readonly seen: number;
  readonly partial: string | undefined;
  /** Number of dead letters that the filter takes and the export does not hold. */
  readonly unsaved: number;
}

/** Plans a deletion: compares the dead letters that a filter takes with an export. */
export async function planDiscard(
  store: DeadLetterStore,
  filter: DeadLetterFilter,
  index: ExportIndex,
  options: ReadOptions & { readonly limit: number | undefined },
): Promise<DiscardPlan> {
  const items: PlanItem[] = [];
  let unsaved = 0;
  const { seen, partial } = await visitDeadLetters(
    store,
    filter,
    (deadLetter, message) => {
      items.push(planItem(deadLetter));
      if (!isExported(message, index)) unsaved += 1;
      return items.length === options.limit ? 'stop' : undefined;
    },
    options,
  );
  return { items, seen, partial, unsaved };
}

/** Progress of a deletion, in dead letters. */
export interface DiscardCounts {
  readonly total: number;
  readonly discarded: number;
  /** They stay in the queue. */
  readonly failed: number;
}

/** Result of a deletion. */
export interface DiscardResult extends DiscardCounts {
  /** Dead letters that were not processed; `ending` says why. */
  readonly remaining: number;
  readonly ending: SettleEnding | 'failed';
  readonly failures: readonly FailureCount[];
  /** What ended the deletion early, when `ending` is `failed`. */
  readonly error?: unknown;
}

/**
 * Deletes the dead letters with these IDs, after comparing each with the export once more. Errors do
 * not reject: they are in the result.
 */
export async function runDiscard(
  queue: MessageQueue,
  ids: Iterable<string>,
  index: ExportIndex,
  options: Pick<SettleOptions, 'signal' | 'onWaiting'> & {
    readonly onProgress?: ((counts: DiscardCounts) => void) | undefined;
  } = {},
): Promise<DiscardResult> {
  const { signal, onWaiting, onProgress } = options;
  const left = new Set(ids);
  const total = left.size;
  const failures: string[] = [];
  let discarded = 0;
  const counts = (): DiscardCounts => ({ total, discarded, failed: failures.length });
  const result = (ending: DiscardResult['ending']): DiscardResult => ({
    ...counts(),
    remaining: left.size,
    ending,
    failures: failureCounts(failures),
  });
  try {
    const ending = await settleMessages(
      queue,
      {
        remaining: () => left.size,
        wants: ({ messageId }) => left.has(messageId),
        settle: async (messages, held) => {
          const exported = messages.filter((message) => isExported(message, index));
          const errors = await held.delete(exported.map(({ messageId }) => messageId));
          for (const message of messages) {
            if (!left.delete(message.messageId)) continue;
            const reason = exported.includes(message)
              ? errors.get(message.messageId)
              : 'The export holds it with another content.';
            if (reason === undefined) discarded += 1;
            else failures.push(reason);
          }
          onProgress?.(counts());
        },
      },
      { signal, onWaiting },
    );
    return result(ending);
  } catch (error) {
    return { ...result('failed'), error };
  }
}
