/** What the property tests share: generators, and counts of the cases that they produce. */

import fc from 'fast-check';

/**
 * A value of `arbitrary` in one case of `n`, otherwise `undefined`. `fc.option` cannot express this
 * by its `freq`: there, one case of `freq` is the *nil* value.
 */
export function oneIn<T>(n: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof(
    { weight: n - 1, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: arbitrary },
  );
}

/** Counts how often each interesting case of a property occurred. */
export interface CaseCounts<Name extends string> {
  readonly count: (name: Name, times?: number) => void;
  /** Occurrences of a case per hundred of `total`. */
  readonly percent: (name: Name, total: Name) => number;
  readonly of: (name: Name) => number;
}

/** All counts start at zero. */
export function caseCounts<Name extends string>(): CaseCounts<Name> {
  const counts = new Map<Name, number>();
  const of = (name: Name): number => counts.get(name) ?? 0;
  return {
    count: (name, times = 1) => void counts.set(name, of(name) + times),
    percent: (name, total) => (100 * of(name)) / of(total),
    of,
  };
}
