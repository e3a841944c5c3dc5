/** Runs one measurement in a process of its own and sends its rows to `npm run bench`. */

import { measurements } from './measurements.ts';

const name = process.argv[2] ?? '';
const load = measurements[name];
if (load === undefined) throw new Error(`There is no measurement ${JSON.stringify(name)}.`);
const { default: measurement } = await load();
const rows = await measurement.measure((text) => {
  process.stderr.write(`${text}\n`);
});
process.send?.(rows);
