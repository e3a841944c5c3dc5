/** A check of assumptions, and what it saw. */

import { cut } from '../../lambda/shared/text.ts';
import type { HttpAnswer } from '../send/post-json.ts';
import type { StageContext } from '../stage/context.ts';
import type { CheckedBy } from './assumption.ts';

/**
 * Result of a check:
 * - `ok`: as believed.
 * - `differs`: not as believed.
 * - `failed`: it could not be read, for instance because a permission is missing.
 * - `not checked`: the stage has no such part, or only a person can check it.
 */
export type CheckResult = 'ok' | 'differs' | 'failed' | 'not checked';

/** What a check saw of one assumption. */
export interface Observation {
  readonly id: string;
  readonly result: CheckResult;
  /** One sentence without a secret. */
  readonly observed: string;
}

/** What the checks need. */
export interface CheckInput {
  readonly context: StageContext;
  /** Service whose integration key the checks at PagerDuty use. */
  readonly service: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Keeps a text out of the report. */
  readonly hide: (secret: string) => void;
}

/** A check of one or more assumptions with the same calls. */
export interface Check {
  readonly ids: readonly string[];
  readonly by: Exclude<CheckedBy, 'hand'>;
  /** Rejects when it could not be read; then all its assumptions `failed`. */
  readonly run: (input: CheckInput) => Promise<readonly Observation[]>;
}

/** An observation that is as believed, or not. */
export function seen(id: string, isAsBelieved: boolean, observed: string): Observation {
  return { id, result: isAsBelieved ? 'ok' : 'differs', observed };
}

/** An assumption that could not be checked on this stage. */
export function unchecked(id: string, why: string): Observation {
  return { id, result: 'not checked', observed: why };
}

/** Longest text of an answer in the report, in characters. */
const MAX_TEXT = 200;

/** Status and text of an answer, in one line of the report. */
export function answerText({ status, text }: HttpAnswer): string {
  return cut(status === 0 ? `no answer: ${text}` : `${status} ${text}`.trim(), MAX_TEXT);
}
