/** How often a property is tried. The seed makes every run of the tests the same. */
export const RUNS = { seed: 20_220_403, numRuns: 300 } as const;
