/**
 * The work of a replay on the dead letters that it receives: send, confirm, and only then delete.
 * Duplicates are deleted before the dead letter that they are deduplicated into. After a kill in
 * between, that one is still there, and the next replay finishes its group.
 */

import { MAX_BATCH_ENTRIES } from '../../lambda/shared/batches.ts';
import { replayBody } from '../../lambda/shared/message.ts';
import type { MessageQueue, OutgoingMessage, ReceivedMessage } from '../aws/queue.ts';
import { type Pace, UNPACED } from '../pace.ts';
import type { ReplayGroup } from './plan.ts';
import { type OpenGroup, OpenGroups } from './replay-groups.ts';
import type { Settlement } from './settle.ts';
import { type FailureCount, failureCounts } from './tally.ts';
import type { HeldMessages } from './walk.ts';

/** Progress of a replay, in dead letters. */
export interface ReplayCounts {
  /** Dead letters of the plan, duplicates included. */
  readonly total: number;
  /** Sent to the events queue and confirmed. */
  readonly sent: number;
  /** Deleted because a newer dead letter of their incident was sent. */
  readonly deduplicated: number;
  /** Not sent, or duplicates that could not be deleted; they stay where they were. */
  readonly failed: number;
  /** Sent, but still in the dead-letter queue as well: a later replay sends them again. */
  readonly inBoth: number;
}

interface ReplayMessage extends OutgoingMessage {
  readonly group: OpenGroup;
}

/** A dead letter that may be deleted, because its group was sent. */
interface Settled {
  readonly messageId: string;
  readonly group: OpenGroup;
}

/** How the dead letters of a plan are settled. */
interface ReplaySettlementOptions {
  /** @default no limit */
  readonly pace?: Pace | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((counts: ReplayCounts) => void) | undefined;
}

/** Settles the dead letters of a plan. Counts what it does. */
export class ReplaySettlement implements Settlement {
  readonly groups: OpenGroups;
  readonly #events: MessageQueue;
  readonly #pace: Pace;
  readonly #options: ReplaySettlementOptions;
  readonly #total: number;
  readonly #failures: string[] = [];
  #sent = 0;
  #deduplicated = 0;
  #failed = 0;
  /** Sent and not deleted, or not yet. */
  #inBoth = 0;

  constructor(
    events: MessageQueue,
    groups: readonly ReplayGroup[],
    options: ReplaySettlementOptions = {},
  ) {
    this.groups = new OpenGroups(groups);
    this.#events = events;
    this.#pace = options.pace ?? UNPACED;
    this.#options = options;
    this.#total = this.groups.remaining();
  }

  readonly remaining = (): number => this.groups.remaining();

  readonly wants = ({ messageId }: ReceivedMessage): boolean =>
    this.groups.of(messageId) !== undefined;

  readonly settle = async (
    messages: readonly ReceivedMessage[],
    held: HeldMessages,
  ): Promise<void> => {
    const sentBefore: Settled[] = [];
    const toSend: ReplayMessage[] = [];
    for (const { messageId, body } of messages) {
      const group = this.groups.of(messageId);
      if (group?.state === 'sent') sentBefore.push({ messageId, group });
      else if (group?.state === 'waiting' && group.newest.id === messageId) {
        // Claimed before anything is awaited: SQS may hand out a message twice.
        group.state = 'sending';
        toSend.push(replayMessage(body, group));
      }
    }
    await this.#delete(sentBefore, held);
    const size = Math.min(MAX_BATCH_ENTRIES, Math.max(1, Math.floor(this.#pace.perSecond)));
    for (let start = 0; start < toSend.length; start += size) {
      const batch = toSend.slice(start, start + size);
      if (await this.#pace.acquire(batch.length, this.#options.signal)) {
        await this.#delete(await this.#send(batch), held);
      } else for (const { group } of batch) group.state = 'waiting';
    }
  };

  counts(): ReplayCounts {
    return {
      total: this.#total,
      sent: this.#sent,
      deduplicated: this.#deduplicated,
      failed: this.#failed,
      inBoth: this.#inBoth,
    };
  }

  failures(): readonly FailureCount[] {
    return failureCounts(this.#failures);
  }

  #fail(reason: string, deadLetters: number): void {
    this.#failed += deadLetters;
    for (let count = 0; count < deadLetters; count += 1) this.#failures.push(reason);
  }

  /** @returns the dead letters that can be deleted now */
  async #send(messages: readonly ReplayMessage[]): Promise<Settled[]> {
    const failures = await this.#events.send(messages);
    return messages.flatMap((message) => {
      const { group } = message;
      const reason = failures.get(message);
      if (reason !== undefined) {
        this.#fail(reason, this.groups.close(group));
        return [];
      }
      this.#sent += 1;
      this.#inBoth += 1;
      group.state = 'sent';
      return [...group.openDuplicates, group.newest.id].map((messageId) => ({ messageId, group }));
    });
  }

  /** Deletes duplicates, and then the newest of each group that has no duplicates left. */
  async #delete(settled: readonly Settled[], held: HeldMessages): Promise<void> {
    if (settled.length === 0) return;
    const duplicates = settled.filter(
      ({ messageId, group }) => group.newest.id !== messageId && held.has(messageId),
    );
    const failures = await held.delete(duplicates.map(({ messageId }) => messageId));
    for (const { messageId, group } of duplicates) {
      if (!this.groups.closeDuplicate(group, messageId)) continue;
      const reason = failures.get(messageId);
      if (reason === undefined) this.#deduplicated += 1;
      else this.#fail(reason, 1);
    }
    await this.#deleteNewest(new Set(settled.map(({ group }) => group)), held);
    this.#options.onProgress?.(this.counts());
  }

  async #deleteNewest(groups: ReadonlySet<OpenGroup>, held: HeldMessages): Promise<void> {
    const done = [...groups].filter(
      ({ newest, openDuplicates }) => openDuplicates.size === 0 && held.has(newest.id),
    );
    const failures = await held.delete(done.map(({ newest }) => newest.id));
    for (const group of done) {
      if (this.groups.close(group) === 0) continue;
      const reason = failures.get(group.newest.id);
      if (reason === undefined) this.#inBoth -= 1;
      else this.#failures.push(reason);
    }
  }
}

/** The message that sends a dead letter back: its body, with what it says about older events. */
function replayMessage(body: string, group: OpenGroup): ReplayMessage {
  const { newest, deduplicated } = group;
  return {
    group,
    groupId: newest.service,
    body: replayBody(body, deduplicated),
  };
}
