/** Runs one measurement in a process of its own and sends its results to `npm run bench`. */

import { measurements } from './measurements.ts';

const name = process.argv[2] ?? '';
const load = measurements[name];
if (load === undefined) throw new Error(`There is no measurement ${JSON.stringify(name)}.`);
const { default: measurement } = await load();
const [alertmanager, vendorHandler] = process.argv.slice(3);
const progress = (text: string): void => {
  process.stderr.write(`${text}\n`);
};
const results = await measurement.measure(progress, {
  ...(alertmanager === undefined || alertmanager === '' ? {} : { alertmanager }),
  ...(vendorHandler === undefined || vendorHandler === '' ? {} : { vendorHandler }),
});
process.send?.(results);
