// Texts have local times: the tests compare them on every machine.
process.env.TZ = 'UTC';

/** @type {import('jest').Config} */
export default {
  globalSetup: './test/support/run-folder.js',
  testEnvironment: './test/support/environment.js',
  roots: ['<rootDir>/test'],
  // `npm run test:long` runs the tests that take minutes.
  testRegex: process.env.LONG === undefined ? '(?<!\\.long)\\.test\\.ts$' : '\\.long\\.test\\.ts$',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  // The smallest CI machines have two cores, and tests wait for a third of their time. Long tests wait
  // for half of it.
  maxWorkers: process.env.LONG === undefined ? 3 : 4,
  maxConcurrency: 4,
  // More than Jest's 5 s: some tests start processes, and the machine may be busy. Every wait in a
  // test has its own limit. A long test takes up to two minutes on a machine without other load.
  testTimeout: process.env.LONG === undefined ? 120_000 : 600_000,
  snapshotResolver: '<rootDir>/test/snapshot-resolver.cjs',
};
