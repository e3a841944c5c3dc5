/** Modes of the stand-in: how it answers. */

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
  /** As documented, but delayed. */
  'slow',
  /** The connection breaks; the event is not taken. */
  'reset',
  /** The event is taken, then the connection breaks without an answer. */
  'lose-answer',
] as const;

const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

/** A mode in a request, such as `{ "kind": "down", "share": 0.95 }`. */
export const modeSchema = v.strictObject({
  kind: v.picklist(MODE_KINDS),
  /** Share of the calls that the mode applies to, 0 to 1, spread evenly. @default 1 */
  share: v.optional(share),
  /** Service whose calls the mode applies to. @default all */
  service: v.optional(v.string()),
  /** Status of `down`. @default 503 */
  status: v.optional(v.pipe(v.number(), v.integer(), v.minValue(200), v.maxValue(599))),
  /** `Retry-After` of `down` and `throttle`, seconds. @default none */
  retryAfterSeconds: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
  /** Delay of `slow`, milliseconds. @default 5000 */
  milliseconds: v.optional(v.pipe(v.number(), v.minValue(0))),
});

/** A mode of the stand-in. */
export type StandInMode = v.InferOutput<typeof modeSchema>;

/**
 * Selects the calls that a mode applies to: with a share of 0.25, every fourth.
 *
 * @returns a function to call per call: true when the mode applies
 */
export function evenShare(wanted = 1): () => boolean {
  let sum = 0;
  return () => {
    sum += wanted;
    // Sums of fractions are not exact: 20 times 0.05 is slightly less than 1.
    if (sum < 1 - 1e-9) return false;
    sum -= 1;
    return true;
  };
}
