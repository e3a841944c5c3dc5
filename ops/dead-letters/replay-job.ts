/** The state of one replay: what is left of its plan, and what became of the rest. */

import type { MessageQueue, Outgoing, Received } from '../aws/queue.ts';
import type { Pace } from '../pace.ts';
import type { RawLetter } from './letter.ts';
import type { ReplayPlan } from './plan.ts';
import type { SweepJob } from './sweep.ts';

/** What a replay has done so far, in letters. */
export interface ReplayCounts {
  /** Letters of the plan: those to send and those to fold. */
  readonly total: number;
  /** Back on the events queue, confirmed. */
  readonly sent: number;
  /** Removed because a newer letter of their incident is back. */
  readonly folded: number;
  /** Not sent, or not removed after they were folded; they stay where they were. */
  readonly failed: number;
  /** Sent, but still in the dead-letter queue as well: a later replay sends them again. */
  readonly inBoth: number;
}

/** Why letters failed, and how many. */
export interface FailureCount {
  readonly reason: string;
  readonly count: number;
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
}

/** Shared by all letters that nothing is folded into: there may be a hundred thousand. */
const NO_FOLDS: Pick<Incident, 'folds' | 'foldHandles'> = {
  folds: new Set(),
  foldHandles: new Map(),
};

/** One letter to send, and those that are folded into it. */
interface Incident {
  /** ID of the letter to send. */
  readonly id: string;
  readonly service: string | undefined;
  /** Letters that are still to be removed. */
  readonly folds: Set<string>;
  /** Of those, the ones received in this pass. */
  readonly foldHandles: Map<string, Received>;
  /** The letter itself, received in this pass. */
  handle: Received | undefined;
  state: 'waiting' | 'sending' | 'sent';
}

/**
 * Sends letters, and deletes each only when the queue has confirmed its entry. Letters folded into
 * another one go before that one: whoever is killed in between finds it still there, and the next
 * run finishes its incident.
 */
export class ReplayJob implements SweepJob {
  readonly #queues: ReplayQueues;
  readonly #pace: Pace;
  readonly #signal: AbortSignal | undefined;
  readonly #onProgress: ((counts: ReplayCounts) => void) | undefined;
  /** By the letter to send. Those that are finished are taken out. */
  readonly #incidents = new Map<string, Incident>();
  readonly #foldInto: ReadonlyMap<string, string>;
  /** Letters that are not in the dead-letter queue any more. */
  readonly #deleted = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #total: number;
  #foldsLeft: number;
  #sent = 0;
  #folded = 0;
  #failed = 0;
  /** Sent and not deleted, or not yet. */
  #inBoth = 0;

  constructor(
    queues: ReplayQueues,
    plan: Pick<ReplayPlan, 'send' | 'fold'>,
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
    const speakers = new Set(plan.fold.values());
    for (const { id, service } of plan.send) {
      const folding = speakers.has(id)
        ? { folds: new Set<string>(), foldHandles: new Map() }
        : NO_FOLDS;
      this.#incidents.set(id, { id, service, ...folding, handle: undefined, state: 'waiting' });
    }
    this.#foldInto = plan.fold;
    for (const [id, speaker] of plan.fold) this.#incidents.get(speaker)?.folds.add(id);
    this.#foldsLeft = plan.fold.size;
    this.#total = plan.send.length + plan.fold.size;
  }

  remaining(): number {
    return this.#incidents.size + this.#foldsLeft;
  }

  wants({ messageId }: RawLetter): boolean {
    const incident = this.#incidents.get(messageId);
    if (incident !== undefined) {
      // One that was sent is of use again when nothing else has to go before it.
      return incident.state === 'waiting' || (incident.state === 'sent' && !incident.folds.size);
    }
    return this.#speakerOf(messageId)?.folds.has(messageId) === true;
  }

  async work(letters: readonly RawLetter[]): Promise<readonly RawLetter[]> {
    const waiting: RawLetter[] = [];
    const touched = new Set<Incident>();
    for (const letter of letters) {
      const own = this.#incidents.get(letter.messageId);
      const incident = own ?? this.#speakerOf(letter.messageId);
      if (incident === undefined) continue;
      touched.add(incident);
      if (own === undefined) incident.foldHandles.set(letter.messageId, letter);
      else if (own.state === 'sent') own.handle = letter;
      else {
        // Claimed before anything is awaited: SQS may hand out a letter twice.
        own.state = 'sending';
        waiting.push(letter);
      }
    }
    const size = Math.min(MAX_BATCH, Math.max(1, Math.floor(this.#pace.perSecond)));
    // What needs no leave first: letters that were sent before, or that were folded into those.
    await this.#settle(touched);
    for (let start = 0; start < waiting.length; start += size) {
      const batch = waiting.slice(start, start + size);
      if (await this.#pace.leave(batch.length, this.#signal)) {
        await this.#send(batch);
        await this.#settle(touched);
      } else for (const letter of batch) this.#release(letter);
    }
    return letters.filter(({ messageId }) => !this.#deleted.has(messageId));
  }

  endPass(): void {
    for (const incident of this.#incidents.values()) {
      incident.foldHandles.clear();
      incident.handle = undefined;
    }
  }

  /** Gives up the letters that it has not come to, because they are not in the queue any more. */
  forgetUntouched(): void {
    for (const [id, { folds, state }] of this.#incidents) {
      this.#foldsLeft -= folds.size;
      folds.clear();
      if (state === 'waiting') this.#incidents.delete(id);
    }
  }

  /** What was done so far. */
  counts(): ReplayCounts {
    return {
      total: this.#total,
      sent: this.#sent,
      folded: this.#folded,
      failed: this.#failed,
      inBoth: this.#inBoth,
    };
  }

  /** Letters that it has not come to. */
  untouched(): number {
    let waiting = 0;
    for (const { state } of this.#incidents.values()) if (state !== 'sent') waiting += 1;
    return waiting + this.#foldsLeft;
  }

  /** Why letters failed; the most frequent reason first. */
  failures(): readonly FailureCount[] {
    return [...this.#failures]
      .map(([reason, count]) => ({ reason, count }))
      .toSorted((a, b) => b.count - a.count);
  }

  #speakerOf(foldId: string): Incident | undefined {
    const speaker = this.#foldInto.get(foldId);
    return speaker === undefined ? undefined : this.#incidents.get(speaker);
  }

  #release({ messageId }: RawLetter): void {
    const incident = this.#incidents.get(messageId);
    if (incident !== undefined) incident.state = 'waiting';
  }

  async #send(letters: readonly RawLetter[]): Promise<void> {
    const messages: ReplayMessage[] = letters.map((letter) => ({
      letter,
      body: letter.body,
      groupId: this.#incidents.get(letter.messageId)?.service,
    }));
    const failures = await this.#queues.events.send(messages);
    for (const message of messages) {
      const { letter } = message;
      const incident = this.#incidents.get(letter.messageId);
      if (incident === undefined) continue;
      const reason = failures.get(message);
      if (reason === undefined) {
        this.#sent += 1;
        this.#inBoth += 1;
        incident.state = 'sent';
        incident.handle = letter;
      } else {
        // What was to be folded into it stays, too.
        this.#fail(reason, 1 + incident.folds.size);
        this.#foldsLeft -= incident.folds.size;
        this.#incidents.delete(letter.messageId);
      }
    }
  }

  #fail(reason: string, count: number): void {
    this.#failed += count;
    this.#failures.set(reason, (this.#failures.get(reason) ?? 0) + count);
  }

  /** Deletes what letters that were sent make superfluous, and then those letters themselves. */
  async #settle(incidents: ReadonlySet<Incident>): Promise<void> {
    const sent = [...incidents].filter(({ state }) => state === 'sent');
    if (sent.length === 0) return;
    await this.#removeFolds(sent);
    await this.#removeSent(sent);
    this.#onProgress?.(this.counts());
  }

  async #removeFolds(incidents: readonly Incident[]): Promise<void> {
    const folds = incidents.flatMap((incident) => {
      const handles = [...incident.foldHandles].map(([id, { receiptHandle }]) => ({
        id,
        receiptHandle,
        incident,
      }));
      // Taken before the call, so that no other worker takes them as well.
      incident.foldHandles.clear();
      return handles;
    });
    const failed = await this.#queues.deadLetters.remove(folds);
    for (const fold of folds) {
      if (!fold.incident.folds.delete(fold.id)) continue;
      this.#foldsLeft -= 1;
      const reason = failed.get(fold);
      if (reason === undefined) {
        this.#folded += 1;
        this.#deleted.add(fold.id);
      } else this.#fail(reason, 1);
    }
  }

  async #removeSent(incidents: readonly Incident[]): Promise<void> {
    const done = incidents.flatMap((incident) => {
      const { handle, folds } = incident;
      if (folds.size > 0 || handle === undefined) return [];
      incident.handle = undefined;
      return [{ ...handle, incident }];
    });
    if (done.length === 0) return;
    const failed = await this.#queues.deadLetters.remove(done);
    for (const letter of done) {
      this.#incidents.delete(letter.incident.id);
      const reason = failed.get(letter);
      if (reason === undefined) {
        this.#inBoth -= 1;
        this.#deleted.add(letter.incident.id);
      } else this.#failures.set(reason, (this.#failures.get(reason) ?? 0) + 1);
    }
  }
}
