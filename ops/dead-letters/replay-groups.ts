/** Remaining work of a replay, by message ID. Makes no calls. */

import type { ReplayGroup } from './plan.ts';

/** A group of the plan that is not finished. */
export interface OpenGroup extends Pick<ReplayGroup, 'newest' | 'deduplicated'> {
  /** Message IDs of duplicates that are still to be deleted. */
  readonly openDuplicates: Set<string>;
  state: 'waiting' | 'sending' | 'sent';
}

/** Shared by all groups without duplicates: there may be 100,000. */
const NO_DUPLICATES = new Set<string>();

/** The groups of a plan that are not finished. */
export class OpenGroups {
  /** Message ID of each dead letter with remaining work -> its group. */
  readonly #groups = new Map<string, OpenGroup>();

  constructor(groups: readonly ReplayGroup[]) {
    for (const { newest, duplicates, deduplicated } of groups) {
      const openDuplicates =
        duplicates.length === 0 ? NO_DUPLICATES : new Set(duplicates.map(({ id }) => id));
      const group: OpenGroup = { newest, deduplicated, openDuplicates, state: 'waiting' };
      for (const id of [newest.id, ...openDuplicates]) this.#groups.set(id, group);
    }
  }

  /** The group of a dead letter that has remaining work. */
  of(messageId: string): OpenGroup | undefined {
    return this.#groups.get(messageId);
  }

  /**
   * Closes a duplicate, deleted or failed.
   *
   * @returns false when it was closed before
   */
  closeDuplicate({ openDuplicates }: OpenGroup, messageId: string): boolean {
    this.#groups.delete(messageId);
    return openDuplicates.delete(messageId);
  }

  /**
   * Closes a group and its open duplicates.
   *
   * @returns how many dead letters were closed; 0 when it was closed before
   */
  close({ newest, openDuplicates }: OpenGroup): number {
    const before = this.remaining();
    for (const id of [newest.id, ...openDuplicates]) this.#groups.delete(id);
    return before - this.remaining();
  }

  /** Dead letters with remaining work. */
  remaining(): number {
    return this.#groups.size;
  }

  /** Dead letters that were neither sent nor deleted. */
  untouched(): number {
    return this.remaining() - this.#newestInGroups().filter(({ state }) => state === 'sent').length;
  }

  /** Gives up the dead letters that were neither sent nor deleted. */
  closeUntouched(): void {
    for (const group of this.#newestInGroups()) {
      if (group.state === 'waiting') this.close(group);
      else for (const id of group.openDuplicates) this.closeDuplicate(group, id);
    }
  }

  #newestInGroups(): OpenGroup[] {
    return [...this.#groups].flatMap(([id, group]) => (group.newest.id === id ? group : []));
  }
}
