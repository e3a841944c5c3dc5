/** `npm run bench -- --only bundle`: what a function has to read before it can start. */

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { example } from '../config/example.ts';
import { bundleFunction, type FunctionName } from '../lib/bundle.ts';
import { contentsByPackage, MOST_BYTES } from '../testkit/bundle-contents.ts';
import type { Measurement, Row } from './measuring/row.ts';
import { buildFunction } from './measuring/function.ts';

/** Packages that are listed: the largest. */
const LISTED = 10;

function rowOf(name: FunctionName, bytes: number): Row {
  const size = bytes / 1024;
  const most = MOST_BYTES[name] / 1024;
  return {
    measurement: `bundle of ${name}`,
    unit: 'KB',
    median: size,
    spread: [size, size],
    baseline: { name: 'the most that npm test allows', median: most },
    ratio: size / most,
    goal: `at most ${most} KB`,
    isMet: size <= most,
    runs: 1,
    note: 'minified, all of it loaded at start; 1 KB is 1,024 bytes',
  };
}

const bundle: Measurement = {
  about: 'bytes of each bundle, all of which are loaded at start, and what is inside',
  seconds: 3,
  measure: async (progress) => {
    const folder = mkdtempSync(join(tmpdir(), 'bench-bundle-'));
    try {
      return (['ingest', 'delivery'] as const).map((name) => {
        const file = buildFunction(name, folder);
        const contents = bundleFunction(name, example.routes, dirname(file));
        progress(`inside the bundle of ${name}, bytes before the second round of minifying:`);
        for (const line of contentsByPackage(contents).slice(0, LISTED)) progress(line);
        return rowOf(name, statSync(file).size);
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

export default bundle;
