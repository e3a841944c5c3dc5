/** What is left of a replay's plan. Knows the letters by their IDs, and calls nobody. */

import type { FoldedEvents } from '../../lambda/shared/message.ts';
import type { Received } from '../aws/queue.ts';
import type { ReplayPlan } from './plan.ts';

/** One letter to send, and those that are folded into it. */
export interface Incident {
  /** ID of the letter to send. */
  readonly id: string;
  readonly service: string | undefined;
  /** What the letter is to say of the older events that it stands for. */
  readonly standsFor: FoldedEvents | undefined;
  /** Letters that are still to be removed. */
  readonly folds: Set<string>;
  /** Of those, the ones received in this pass. */
  readonly foldHandles: Map<string, Received>;
  /** The letter itself, received in this pass. */
  handle: Received | undefined;
  state: 'waiting' | 'sending' | 'sent';
}

/** Shared by all letters that nothing is folded into: there may be a hundred thousand. */
const NO_FOLDS: Pick<Incident, 'folds' | 'foldHandles'> = {
  folds: new Set(),
  foldHandles: new Map(),
};

/** The incidents of a plan that are not finished. */
export class OpenIncidents {
  /** By the letter to send. Those that are finished are taken out. */
  readonly #incidents = new Map<string, Incident>();
  readonly #foldInto: ReadonlyMap<string, string>;
  #foldsLeft: number;

  constructor({ send, fold, standsFor }: Pick<ReplayPlan, 'send' | 'fold' | 'standsFor'>) {
    const speakers = new Set(fold.values());
    for (const { id, service } of send) {
      const folding = speakers.has(id)
        ? { folds: new Set<string>(), foldHandles: new Map() }
        : NO_FOLDS;
      this.#incidents.set(id, {
        id,
        service,
        standsFor: standsFor.get(id),
        ...folding,
        handle: undefined,
        state: 'waiting',
      });
    }
    this.#foldInto = fold;
    for (const [id, speaker] of fold) this.#incidents.get(speaker)?.folds.add(id);
    this.#foldsLeft = fold.size;
  }

  /** The incident that a letter speaks for. */
  spokenForBy(letterId: string): Incident | undefined {
    return this.#incidents.get(letterId);
  }

  /** The incident that a letter is folded into. */
  folding(letterId: string): Incident | undefined {
    const speaker = this.#foldInto.get(letterId);
    return speaker === undefined ? undefined : this.#incidents.get(speaker);
  }

  /** Whether there is something left to do with a letter. */
  wants(letterId: string): boolean {
    const incident = this.spokenForBy(letterId);
    if (incident !== undefined) {
      // One that was sent is of use again when nothing else has to go before it.
      return incident.state === 'waiting' || (incident.state === 'sent' && !incident.folds.size);
    }
    return this.folding(letterId)?.folds.has(letterId) === true;
  }

  /**
   * Takes a folded letter out, whether it could be removed or not.
   *
   * @returns whether it was still there
   */
  closeFold({ folds }: Incident, letterId: string): boolean {
    if (!folds.delete(letterId)) return false;
    this.#foldsLeft -= 1;
    return true;
  }

  /** Takes an incident out, with the letters that are still folded into it. */
  close({ id, folds }: Incident): void {
    this.#foldsLeft -= folds.size;
    this.#incidents.delete(id);
  }

  /** Letters that there is something left to do with. */
  remaining(): number {
    return this.#incidents.size + this.#foldsLeft;
  }

  /** Letters that nothing was done with. */
  untouched(): number {
    let waiting = 0;
    for (const { state } of this.#incidents.values()) if (state !== 'sent') waiting += 1;
    return waiting + this.#foldsLeft;
  }

  /** Forgets the handles of letters: what was received is given back. */
  endPass(): void {
    for (const incident of this.#incidents.values()) {
      incident.foldHandles.clear();
      incident.handle = undefined;
    }
  }

  /** Gives up the letters that nothing was done with. */
  forgetUntouched(): void {
    for (const incident of this.#incidents.values()) {
      if (incident.state === 'waiting') this.close(incident);
      else for (const id of incident.folds) this.closeFold(incident, id);
    }
  }
}
