/** Size of the bundles. Node reads a whole bundle before the function starts. */

import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { example } from '../config/example.ts';
import { bundleFunction, type FunctionName } from '../lib/bundle.ts';
import { contentsByPackage, MOST_BYTES } from '../testkit/bundle-contents.ts';
import { withFolder } from './measuring/folder.ts';
import { compare, type Measurement, type Row } from './measuring/row.ts';
import { buildFunction } from './measuring/function.ts';

/** Largest packages to list. */
const LISTED = 10;

function rowOf(name: FunctionName, bytes: number): Row {
  const most = MOST_BYTES[name] / 1024;
  return compare({
    measurement: `bundle of ${name}`,
    unit: 'KB',
    values: bytes / 1024,
    baseline: { name: 'the most that npm test allows', values: most },
    limit: 1,
    goal: `at most ${most} KB`,
    note: 'minified, all of it loaded at start; 1 KB is 1,024 bytes',
  });
}

const bundle: Measurement = {
  about: 'bytes of each bundle, all of which are loaded at start, and what is inside',
  seconds: 3,
  measure: async (progress) =>
    withFolder((folder) =>
      (['ingest', 'delivery'] as const).map((name) => {
        const file = buildFunction(name, folder);
        const contents = bundleFunction(name, example.routes, dirname(file));
        progress(`inside the bundle of ${name}, bytes before the second round of minifying:`);
        for (const line of contentsByPackage(contents).slice(0, LISTED)) progress(line);
        return rowOf(name, statSync(file).size);
      }),
    ),
};

export default bundle;
