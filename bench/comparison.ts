/**
 * This bridge, Alertmanager and the vendor's handler under the same loads, in one run. Everything is
 * on 127.0.0.1. docs/comparison.md has a result.
 */

import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { watchForEnd } from '../local/shutdown.ts';
import { alertmanagerVersion } from './comparison/alertmanager.ts';
import { CONTESTANTS, LOADS, ROWS } from './comparison/rows.ts';
import { contestantsOf, type Results, runLoads } from './comparison/run.ts';
import { createStarter } from './comparison/start.ts';
import { vendorVersion } from './comparison/vendor.ts';
import { type Measurement, median, type Rivals } from './measuring/row.ts';
import type { SideBySide } from './measuring/side-by-side.ts';

/** Versions of the others, or a line about each that is left out. */
async function versionsOf({ alertmanager, vendorHandler }: Rivals): Promise<readonly string[]> {
  return [
    alertmanager === undefined
      ? 'Alertmanager is left out: give its file with --alertmanager (see --help).'
      : await alertmanagerVersion(alertmanager),
    vendorHandler === undefined
      ? "The vendor's handler is left out: give its folder with --vendor-handler (see --help)."
      : await vendorVersion(vendorHandler),
  ];
}

/** Ticks of all processors since the start of the machine, from `/proc/stat` of Linux. */
function processorTicks(): { readonly all: number; readonly stolen: number } {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const ticks = line.split(/\s+/).slice(1, 9).map(Number);
  return { all: ticks.reduce((sum, one) => sum + one, 0), stolen: ticks[7] ?? 0 };
}

/** Time between two readings of the load average, milliseconds. */
const LOAD_INTERVAL = 10_000;

/** A function that says how busy the machine was since the call, and ends the watch. */
function watchMachine(): () => string {
  const before = processorTicks();
  const loads: number[] = [];
  const read = (): void => {
    loads.push(loadavg()[0] ?? NaN);
  };
  read();
  const timer = setInterval(read, LOAD_INTERVAL).unref();
  return () => {
    clearInterval(timer);
    const after = processorTicks();
    const stolen = (100 * (after.stolen - before.stolen)) / (after.all - before.all);
    const [middle, most] = [median(loads), Math.max(...loads)].map((load) => load.toFixed(1));
    return `load average of one minute: ${middle} in the median, ${most} at most; ${stolen.toFixed(0)} % of the processor time was stolen`;
  };
}

function tableOf(rivals: Rivals, results: Results, notes: readonly string[]): SideBySide {
  const ids = contestantsOf(rivals);
  return {
    columns: ids.map((id) => CONTESTANTS[id]),
    rows: LOADS.flatMap((load) =>
      ROWS[load].map((name, row) => ({
        name,
        cells: ids.map((id) => results.get(load)?.get(id)?.cells[row] ?? ''),
      })),
    ),
    notes,
    figures: Object.fromEntries(
      [...results].map(([load, byId]) => [load, Object.fromEntries(byId)]),
    ),
  };
}

/** Ends this process as a signal does: `npm run bench` has ended. */
function onDisconnect(): void {
  process.emit('SIGTERM');
}

async function measure(progress: (text: string) => void, rivals: Rivals): Promise<SideBySide> {
  const versions = await versionsOf(rivals);
  for (const version of versions) progress(version);
  const machine = watchMachine();
  const starter = await createStarter(rivals);
  const end = watchForEnd();
  process.once('disconnect', onDisconnect);
  const wasStopped = end.reached.then(() => undefined);
  try {
    const results = await Promise.race([
      runLoads(starter, contestantsOf(rivals), progress),
      wasStopped,
    ]);
    if (results === undefined) throw new Error('The comparison was stopped.');
    return tableOf(rivals, results, [...versions, machine()]);
  } finally {
    // A listener would keep this process running.
    process.removeListener('disconnect', onDisconnect);
    await starter.stopAll();
  }
}

const comparison: Measurement = {
  about: "the bridge beside Alertmanager and the vendor's handler, on one machine",
  seconds: 700,
  measure,
};
export default comparison;
