/** Number of cases per property. With the seed every run of the tests is the same. */
export const RUNS = { seed: 20_220_403, numRuns: 300 } as const;
