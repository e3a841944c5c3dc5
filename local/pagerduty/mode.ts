/** How the stand-in behaves: as PagerDuty should, or as it does on a bad day. */

import * as v from 'valibot';

/** The kinds of {@link StandInMode}. */
const MODE_KINDS = [
  /** As documented. */
  'ok',
  /** 503, or the status given. */
  'down',
  /** 429 for every call, with `Retry-After` when given. */
  'throttle',
  /** 400 for every event. */
  'refuse',
  /** No answer, ever. */
  'hang',
  /** As documented, but late. */
  'slow',
  /** The connection breaks before the event is taken. */
  'reset',
  /** The event is taken, and the connection breaks before the answer. */
  'lose-answer',
] as const;

const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

/** A mode as it is given from outside, such as `{ "kind": "down", "share": 0.95 }`. */
export const modeSchema = v.strictObject({
  kind: v.picklist(MODE_KINDS),
  /** Share of the calls that it applies to, 0 to 1, spread evenly. @default 1 */
  share: v.optional(share),
  /** Status of `down`. @default 503 */
  status: v.optional(v.pipe(v.number(), v.integer(), v.minValue(200), v.maxValue(599))),
  /** `Retry-After` of `down` and `throttle`, seconds. @default none */
  retryAfterSeconds: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
  /** Delay of `slow`. @default 5000 */
  milliseconds: v.optional(v.pipe(v.number(), v.minValue(0))),
});

/** How the stand-in behaves. */
export type StandInMode = v.InferOutput<typeof modeSchema>;

/**
 * Makes a chooser of the calls that a mode applies to: with a share of 0.25, every fourth.
 *
 * @returns whether the next call is one of them
 */
export function evenShare(wanted = 1): () => boolean {
  let owed = 0;
  return () => {
    owed += wanted;
    // The sum of many shares is not exact: 20 times 0.05 falls short of 1 by a hair.
    if (owed < 1 - 1e-9) return false;
    owed -= 1;
    return true;
  };
}
