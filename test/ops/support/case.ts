/** Parts of the cases in which `status` is tested. */

import type { ServiceKey } from '../../../ops/keys/integration-keys-secret.ts';
import type { AlarmState, VerdictFacts } from '../../../ops/status/facts.ts';
import { verdict } from '../../../ops/status/verdict.ts';
import { deployed, every, factsAt, type Happening, START, type View } from './timeline.ts';

/** Begin and end of what happens, seconds. For an hour before, and afterwards, everything works. */
export const IN = [0, 20 * 60] as const;
/** End of what happens. */
export const [, TO] = IN;
export const BEFORE = -3_600;
export const LATER = 3_600;

/** Minutes of observation: the last two are one minute and sixteen minutes after the end. */
export const MINUTES = [0, 1, 2, 3, 5, 15, 21, 36] as const;

export const TICKS = every(60, [BEFORE, LATER], { ticks: 1, ticksSent: 1 });
export const PAGE = { accepted: 1, delivered: 1 };
export const FAILED = { unavailable: 1, failedStatus: 503 };

/** Pages get out before and after; something else happens in between. */
export function between(...what: readonly (readonly Happening[])[]): readonly Happening[] {
  return [
    ...TICKS,
    ...every(20, [BEFORE, 0], PAGE),
    ...what.flat(),
    ...every(20, [TO + 5, LATER], PAGE),
  ].toSorted((a, b) => a.second - b.second);
}

/** Every event waits until the end. */
export function waiting(second: number): Partial<VerdictFacts> {
  if (second < 0 || second >= TO + 30) return { waiting: 0 };
  return { waiting: 1 + Math.floor(second / 60), oldestSeconds: second };
}

export function key(service: string, state: ServiceKey['state']): ServiceKey {
  return { service, state, routed: true };
}

export function alarm(name: string, second: number, more: Partial<AlarmState> = {}): AlarmState {
  const since = new Date(START + second * 1_000).toISOString();
  return { name, state: 'ALARM', since, runbook: `runbook#${name}`, ...more };
}

/** A stage whose figures are two minutes late, which is what CloudWatch mostly needs. */
export const DEPLOYED = deployed(120);

/** Something that happens, and what `status` answers to it. */
export interface Case {
  readonly happenings: readonly Happening[];
  readonly facts?: (second: number) => Partial<VerdictFacts>;
  /** Answers at {@link MINUTES}. */
  readonly local: string;
  readonly deployed: string;
  /** What the sentence says at minute 15. */
  readonly says: RegExp;
  /** What it says at minute 36. @default that the last page got out */
  readonly after?: RegExp;
}

/** What `status` answers to a case at a second. */
export function verdictAt(
  { happenings, facts }: Omit<Case, 'local' | 'deployed' | 'says'>,
  second: number,
  view: View,
) {
  return verdict(factsAt(second, view, happenings, facts?.(second)));
}
