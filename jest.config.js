/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  // What takes minutes, for its load or its waits, is run by `npm run test:long`.
  testRegex: process.env.LONG === undefined ? '(?<!\\.long)\\.test\\.ts$' : '\\.long\\.test\\.ts$',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  // Two cores are what the smallest CI machines have, and a third of the time is waiting.
  maxWorkers: 3,
  maxConcurrency: 4,
  // Not five seconds: some tests start processes, and a machine may be busy. Every wait in a test has
  // a limit of its own. The long ones take up to two minutes on a calm machine.
  testTimeout: process.env.LONG === undefined ? 120_000 : 600_000,
  snapshotResolver: '<rootDir>/test/snapshot-resolver.cjs',
};
