const path = require('node:path');

const SNAPSHOTS = path.join(__dirname, 'snapshots');

/** Puts every Jest snapshot below test/snapshots/, in the folders of its test. */
module.exports = {
  resolveSnapshotPath: (testPath, extension) =>
    path.join(SNAPSHOTS, path.relative(__dirname, testPath)) + extension,
  resolveTestPath: (snapshotPath, extension) =>
    path.join(__dirname, path.relative(SNAPSHOTS, snapshotPath)).slice(0, -extension.length),
  testPathForConsistencyCheck: path.join(__dirname, 'lib', 'example.test.ts'),
};
