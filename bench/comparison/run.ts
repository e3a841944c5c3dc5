/** Runs the loads of the comparison. */

import type { Rivals } from '../measuring/row.ts';
import type { Contestant } from './contestant.ts';
import { createTurn, type Load, type LoadResult } from './load.ts';
import { climb } from './loads/climb.ts';
import { idle } from './loads/idle.ts';
import { isolation } from './loads/isolation.ts';
import { behindNoise } from './loads/noise.ts';
import { longOutage, outage } from './loads/outage.ts';
import { refusal } from './loads/refusal.ts';
import { silence } from './loads/silence.ts';
import { storm } from './loads/storm.ts';
import { CONTESTANTS, type ContestantId, type LoadId } from './rows.ts';
import type { Starter } from './start.ts';

/** Loads that wait most of the time, and take as long as all others together. */
const BESIDE: readonly Load[] = [silence, longOutage];

/** The other loads. Those of one step run at once; the first two steps need the processors. */
const STEPS: readonly (readonly Load[])[] = [
  [idle],
  [storm],
  [behindNoise, isolation, outage, climb, refusal],
];

/** Results by load and system. */
export type Results = ReadonlyMap<LoadId, ReadonlyMap<ContestantId, LoadResult>>;

/** The systems that take part. */
export function contestantsOf({ alertmanager, vendorHandler }: Rivals): readonly ContestantId[] {
  const all: readonly ContestantId[] = ['bridge', 'fastAlertmanager', 'alertmanager', 'vendor'];
  return all.filter((id) => {
    if (id === 'vendor') return vendorHandler !== undefined;
    return id === 'bridge' || alertmanager !== undefined;
  });
}

/** Runs all loads on the systems. @throws Error when a system fails, or this bridge loses an event */
export async function runLoads(
  { start }: Starter,
  ids: readonly ContestantId[],
  progress: (text: string) => void,
): Promise<Results> {
  const begin = performance.now();
  const turn = createTurn();
  const results = new Map<LoadId, Map<ContestantId, LoadResult>>();

  const runOne = async (load: Load, contestant: Contestant): Promise<void> => {
    const { id } = contestant;
    try {
      const result = await load.run(contestant, turn);
      const ofLoad = results.get(load.id) ?? new Map<ContestantId, LoadResult>();
      results.set(load.id, ofLoad.set(id, result));
      const seconds = Math.round((performance.now() - begin) / 1000);
      progress(`${seconds} s: ${load.id}, ${CONTESTANTS[id]}: ${result.cells.join('; ')}`);
    } finally {
      await contestant.stop();
    }
  };

  /** Starts all systems, then runs. Starting one takes processor time that a load needs. */
  const startAll = async (loads: readonly Load[]): Promise<() => Promise<unknown>> => {
    const started = await Promise.all(
      loads.flatMap((load) => ids.map(async (id) => ({ load, contestant: await start(load, id) }))),
    );
    return async () =>
      Promise.all(started.map(async ({ load, contestant }) => runOne(load, contestant)));
  };

  const runSteps = async (): Promise<void> => {
    for (const loads of STEPS) {
      progress(`running: ${loads.map(({ id }) => id).join(', ')}`);
      const run = await startAll(loads);
      await run();
    }
  };

  const runBeside = await startAll(BESIDE);
  await Promise.all([runBeside(), runSteps()]);
  return results;
}
