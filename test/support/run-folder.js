/** Jest's `globalSetup`: a temporary folder for what several tests need, so that it is made once. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes the folder, and removes it when Jest ends. Every process of the tests inherits the variables. */
export default function makeRunFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-tests-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  process.env.TEST_RUN_FOLDER = folder;
  // The tests start hundreds of Node processes. With it, each file is compiled once, not per process.
  process.env.NODE_COMPILE_CACHE = join(folder, 'compiled');
}
