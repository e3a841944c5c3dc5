/** What is left of a replay's plan. Knows the letters by their IDs, and calls nobody. */

import type { DeduplicatedEvents } from '../../lambda/shared/message.ts';
import type { Received } from '../aws/queue.ts';
import type { ReplayPlan } from './plan.ts';

/** One letter to send, and those that are deduplicated into it. */
export interface Incident {
  /** ID of the letter to send. */
  readonly id: string;
  readonly service: string | undefined;
  /** What the letter is to say of the older events that it stands for. */
  readonly standsFor: DeduplicatedEvents | undefined;
  /** Letters that are still to be removed. */
  readonly duplicates: Set<string>;
  /** Of those, the ones received in this pass. */
  readonly duplicateHandles: Map<string, Received>;
  /** The letter itself, received in this pass. */
  handle: Received | undefined;
  state: 'waiting' | 'sending' | 'sent';
}

/** Shared by all letters that nothing is deduplicated into: there may be a hundred thousand. */
const NO_DUPLICATES: Pick<Incident, 'duplicates' | 'duplicateHandles'> = {
  duplicates: new Set(),
  duplicateHandles: new Map(),
};

/** The incidents of a plan that are not finished. */
export class OpenIncidents {
  /** By the letter to send. Those that are finished are taken out. */
  readonly #incidents = new Map<string, Incident>();
  readonly #deduplicateInto: ReadonlyMap<string, string>;
  #duplicatesLeft: number;

  constructor({
    send,
    deduplicate,
    standsFor,
  }: Pick<ReplayPlan, 'send' | 'deduplicate' | 'standsFor'>) {
    const speakers = new Set(deduplicate.values());
    for (const { id, service } of send) {
      const deduplicating = speakers.has(id)
        ? { duplicates: new Set<string>(), duplicateHandles: new Map() }
        : NO_DUPLICATES;
      this.#incidents.set(id, {
        id,
        service,
        standsFor: standsFor.get(id),
        ...deduplicating,
        handle: undefined,
        state: 'waiting',
      });
    }
    this.#deduplicateInto = deduplicate;
    for (const [id, speaker] of deduplicate) this.#incidents.get(speaker)?.duplicates.add(id);
    this.#duplicatesLeft = deduplicate.size;
  }

  /** The incident that a letter speaks for. */
  spokenForBy(letterId: string): Incident | undefined {
    return this.#incidents.get(letterId);
  }

  /** The incident that a letter is deduplicated into. */
  deduplicating(letterId: string): Incident | undefined {
    const speaker = this.#deduplicateInto.get(letterId);
    return speaker === undefined ? undefined : this.#incidents.get(speaker);
  }

  /** Whether there is something left to do with a letter. */
  wants(letterId: string): boolean {
    const incident = this.spokenForBy(letterId);
    if (incident !== undefined) {
      // One that was sent is of use again when nothing else has to go before it.
      return (
        incident.state === 'waiting' || (incident.state === 'sent' && !incident.duplicates.size)
      );
    }
    return this.deduplicating(letterId)?.duplicates.has(letterId) === true;
  }

  /**
   * Takes a deduplicated letter out, whether it could be removed or not.
   *
   * @returns whether it was still there
   */
  closeDuplicate({ duplicates }: Incident, letterId: string): boolean {
    if (!duplicates.delete(letterId)) return false;
    this.#duplicatesLeft -= 1;
    return true;
  }

  /** Takes an incident out, with the letters that are still deduplicated into it. */
  close({ id, duplicates }: Incident): void {
    this.#duplicatesLeft -= duplicates.size;
    this.#incidents.delete(id);
  }

  /** Letters that there is something left to do with. */
  remaining(): number {
    return this.#incidents.size + this.#duplicatesLeft;
  }

  /** Letters that nothing was done with. */
  untouched(): number {
    let waiting = 0;
    for (const { state } of this.#incidents.values()) if (state !== 'sent') waiting += 1;
    return waiting + this.#duplicatesLeft;
  }

  /** Forgets the handles of letters: what was received is given back. */
  endPass(): void {
    for (const incident of this.#incidents.values()) {
      incident.duplicateHandles.clear();
      incident.handle = undefined;
    }
  }

  /** Gives up the letters that nothing was done with. */
  forgetUntouched(): void {
    for (const incident of this.#incidents.values()) {
      if (incident.state === 'waiting') this.close(incident);
      else for (const id of incident.duplicates) this.closeDuplicate(incident, id);
    }
  }
}
