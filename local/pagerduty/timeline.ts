/** What happened to an incident, in order. Pure. */

/** One thing that happened to an incident. */
export interface Change {
  /** ISO 8601. */
  readonly at: string;
  readonly kind: 'opened' | 'updated' | 'acknowledged' | 'resolved';
  /** True when a person did it on the console page, and not an event. */
  readonly byHand?: boolean;
  /** Severity and summary of the trigger; absent in all other changes. */
  readonly severity?: string;
  readonly summary?: string;
}

/** Changes that an incident keeps: its first one, and the newest ones. */
export const KEPT_CHANGES = 100;

/** Adds a change. If there are too many, the oldest one after the first is dropped. */
export function addChange(timeline: readonly Change[], change: Change): readonly Change[] {
  const [first, ...others] = timeline;
  if (first === undefined) return [change];
  return [first, ...others.slice(-(KEPT_CHANGES - 2)), change];
}
