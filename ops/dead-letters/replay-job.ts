/** The work of one replay on the letters that a sweep meets, and what came of it. */

import { withDeduplicated } from '../../lambda/shared/message.ts';
import type { MessageQueue, Outgoing } from '../aws/queue.ts';
import type { Pace } from '../pace.ts';
import { type FailureCount, failureTally } from './failures.ts';
import type { RawLetter } from './dead-letter.ts';
import type { ReplayPlan } from './plan.ts';
import { type Incident, OpenIncidents } from './replay-groups.ts';
import type { SweepJob } from './settle.ts';

/** What a replay has done so far, in letters. */
export interface ReplayCounts {
  /** Letters of the plan: those to send and those to deduplicate. */
  readonly total: number;
  /** Back on the events queue, confirmed. */
  readonly sent: number;
  /** Removed because a newer letter of their incident is back. */
  readonly deduplicated: number;
  /** Not sent, or not removed after they were deduplicated; they stay where they were. */
  readonly failed: number;
  /** Sent, but still in the dead-letter queue as well: a later replay sends them again. */
  readonly inBoth: number;
}

/** The two queues of a replay. */
export interface ReplayQueues {
  readonly events: MessageQueue;
  readonly deadLetters: MessageQueue;
}

/** Most messages in one batch. */
const MAX_BATCH = 10;

interface ReplayMessage extends Outgoing {
  readonly letter: RawLetter;
  readonly incident: Incident;
}

/** The message that puts a letter back: its body, and what it stands for if others are deduplicated in. */
function replayMessage(letter: RawLetter, incident: Incident): ReplayMessage {
  const { service, standsFor } = incident;
  const body = standsFor === undefined ? letter.body : withDeduplicated(letter.body, standsFor);
  return { letter, incident, body, groupId: service };
}

/**
 * Sends letters, and deletes each only when the queue has confirmed its entry. Letters deduplicated into
 * another one go before that one: whoever is killed in between finds it still there, and the next
 * run finishes its incident.
 */
export class ReplayJob implements SweepJob {
  readonly #queues: ReplayQueues;
  readonly #pace: Pace;
  readonly #signal: AbortSignal | undefined;
  readonly #onProgress: ((counts: ReplayCounts) => void) | undefined;
  readonly #open: OpenIncidents;
  /** Letters that are not in the dead-letter queue any more. */
  readonly #deleted = new Set<string>();
  readonly #failures = failureTally();
  readonly #total: number;
  #sent = 0;
  #deduplicated = 0;
  #failed = 0;
  /** Sent and not deleted, or not yet. */
  #inBoth = 0;

  constructor(
    queues: ReplayQueues,
    plan: Pick<ReplayPlan, 'send' | 'deduplicate' | 'standsFor'>,
    options: {
      readonly pace: Pace;
      readonly signal?: AbortSignal | undefined;
      readonly onProgress?: ((counts: ReplayCounts) => void) | undefined;
    },
  ) {
    this.#queues = queues;
    this.#pace = options.pace;
    this.#signal = options.signal;
    this.#onProgress = options.onProgress;
    this.#open = new OpenIncidents(plan);
    this.#total = plan.send.length + plan.deduplicate.size;
  }

  remaining(): number {
    return this.#open.remaining();
  }

  wants({ messageId }: RawLetter): boolean {
    return this.#open.wants(messageId);
  }

  async work(letters: readonly RawLetter[]): Promise<readonly RawLetter[]> {
    const waiting: ReplayMessage[] = [];
    const touched = new Set<Incident>();
    for (const letter of letters) {
      const own = this.#open.spokenForBy(letter.messageId);
      const incident = own ?? this.#open.deduplicating(letter.messageId);
      if (incident === undefined) continue;
      touched.add(incident);
      if (own === undefined) incident.duplicateHandles.set(letter.messageId, letter);
      else if (own.state === 'sent') own.handle = letter;
      else {
        // Claimed before anything is awaited: SQS may hand out a letter twice.
        own.state = 'sending';
        waiting.push(replayMessage(letter, own));
      }
    }
    const size = Math.min(MAX_BATCH, Math.max(1, Math.floor(this.#pace.perSecond)));
    // What needs no leave first: letters that were sent before, or that were deduplicated into those.
    await this.#settle(touched);
    for (let start = 0; start < waiting.length; start += size) {
      const batch = waiting.slice(start, start + size);
      if (await this.#pace.leave(batch.length, this.#signal)) {
        await this.#send(batch);
        await this.#settle(touched);
      } else for (const { incident } of batch) incident.state = 'waiting';
    }
    return letters.filter(({ messageId }) => !this.#deleted.has(messageId));
  }

  endPass(): void {
    this.#open.endPass();
  }

  /** Gives up the letters that it has not come to, because they are not in the queue any more. */
  forgetUntouched(): void {
    this.#open.forgetUntouched();
  }

  /** What was done so far. */
  counts(): ReplayCounts {
    return {
      total: this.#total,
      sent: this.#sent,
      deduplicated: this.#deduplicated,
      failed: this.#failed,
      inBoth: this.#inBoth,
    };
  }

  /** Letters that it has not come to. */
  untouched(): number {
    return this.#open.untouched();
  }

  /** Why letters failed; the most frequent reason first. */
  failures(): readonly FailureCount[] {
    return this.#failures.list();
  }

  async #send(messages: readonly ReplayMessage[]): Promise<void> {
    const failures = await this.#queues.events.send(messages);
    for (const message of messages) {
      const { letter, incident } = message;
      const reason = failures.get(message);
      if (reason === undefined) {
        this.#sent += 1;
        this.#inBoth += 1;
        incident.state = 'sent';
        incident.handle = letter;
      } else {
        // What was to be deduplicated into it stays, too.
        this.#fail(reason, 1 + incident.duplicates.size);
        this.#open.close(incident);
      }
    }
  }

  #fail(reason: string, count: number): void {
    this.#failed += count;
    this.#failures.add(reason, count);
  }

  /** Deletes what letters that were sent make superfluous, and then those letters themselves. */
  async #settle(incidents: ReadonlySet<Incident>): Promise<void> {
    const sent = [...incidents].filter(({ state }) => state === 'sent');
    if (sent.length === 0) return;
    await this.#removeDuplicates(sent);
    await this.#removeSent(sent);
    this.#onProgress?.(this.counts());
  }

  async #removeDuplicates(incidents: readonly Incident[]): Promise<void> {
    const duplicates = incidents.flatMap((incident) => {
      const handles = [...incident.duplicateHandles].map(([id, { receiptHandle }]) => ({
        id,
        receiptHandle,
        incident,
      }));
      // Taken before the call, so that no other worker takes them as well.
      incident.duplicateHandles.clear();
      return handles;
    });
    const failed = await this.#queues.deadLetters.remove(duplicates);
    for (const deduplicate of duplicates) {
      if (!this.#open.closeDuplicate(deduplicate.incident, deduplicate.id)) continue;
      const reason = failed.get(deduplicate);
      if (reason === undefined) {
        this.#deduplicated += 1;
        this.#deleted.add(deduplicate.id);
      } else this.#fail(reason, 1);
    }
  }

  async #removeSent(incidents: readonly Incident[]): Promise<void> {
    const done = incidents.flatMap((incident) => {
      const { handle, duplicates } = incident;
      if (duplicates.size > 0 || handle === undefined) return [];
      incident.handle = undefined;
      return [{ ...handle, incident }];
    });
    if (done.length === 0) return;
    const failed = await this.#queues.deadLetters.remove(done);
    for (const letter of done) {
      this.#open.close(letter.incident);
      const reason = failed.get(letter);
      if (reason === undefined) {
        this.#inBoth -= 1;
        this.#deleted.add(letter.incident.id);
      } else this.#failures.add(reason);
    }
  }
}
