/** `npm run bench -- --only growth`: how long a backlog takes, and the memory for it, as it grows. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '../lambda/shared/json.ts';
import { type Measurement, type Row, timed } from './measuring/row.ts';
import { type Servers, startServers } from './measuring/servers.ts';
import { seededRandom } from '../testkit/simulation/random.ts';
import { startChild } from './measuring/child.ts';
import { record } from './measuring/events.ts';
import { buildFunction, functionEnvironment, UNPACED_CALLS } from './measuring/function.ts';

/** Messages of a batch: those of a stage that gathers them, which take the most memory. */
const BATCH = 1_000;

/** Events in the queue. */
const SMALL = 1_000;
const MIDDLE = 10_000;
const LARGE = 100_000;

/** Events before any is counted: the compiler is done by then, and there is something to remember. */
const WARM_UP = 15_000;

/** Queues of the smallest size that are drained in one process, one after the other. */
const SMALL_QUEUES = 10;
/** How often each size is measured, in a fresh process each time; the largest takes longest. */
const ROUNDS = 3;
const LARGE_ROUNDS = 2;

/** One event in so many is of a view that has not been heard of. */
const NEW_VIEW = 5;
/** The others repeat one of so many views that were heard of last. */
const RECENT_VIEWS = 1_000;

/** At most this many times linear. */
const OVER_LINEAR = 1.2;
/** At most this many times the memory that a tenth of the events takes. */
const OVER_MIDDLE = 1.2;

/**
 * Makes what is in the queue, which hands it over at no cost: it is in the memory of this process.
 * The mix is the same from the first event to the last, however many there are.
 */
function queueOf(): (events: number) => readonly JsonObject[] {
  const random = seededRandom(1);
  let sent = 0;
  let views = RECENT_VIEWS;
  const next = (): object => {
    sent += 1;
    if (sent % NEW_VIEW === 0) views += 1;
    const view = sent % NEW_VIEW === 0 ? views : views - Math.floor(random() * RECENT_VIEWS);
    return record(`m${sent}`, String(view), Date.now());
  };
  return (events) =>
    Array.from({ length: events / BATCH }, () => ({
      Records: Array.from({ length: BATCH }, next),
    }));
}

/** What drains took of one process. */
interface Drains {
  /** Milliseconds of each. */
  readonly took: readonly number[];
  /** MiB at most. */
  readonly memory: number;
}

/** Drains queues of one size in a fresh process. */
async function drain(
  servers: Servers,
  code: string,
  { events, queues }: { readonly events: number; readonly queues: number },
): Promise<Drains> {
  const { url, pagerDutyUrl, certificate } = servers;
  const environment = { awsUrl: url, pagerDutyUrl, certificate, settings: UNPACED_CALLS };
  const child = startChild('delivery-warm/process.ts', functionEnvironment(environment));
  try {
    const next = queueOf();
    const takeAll = async (batches: readonly JsonObject[]): Promise<number> => {
      const begin = performance.now();
      for (const batch of batches) await child.ask({ kind: 'deliver', code, batch });
      return performance.now() - begin;
    };
    await takeAll(next(WARM_UP));
    const took: number[] = [];
    for (let queue = 0; queue < queues; queue += 1) took.push(await takeAll(next(events)));
    return { took, memory: child.peakMemory() };
  } finally {
    await child.stop();
  }
}

/** The same sizes again and again, in turn. */
async function drainAll(
  servers: Servers,
  code: string,
  progress: (text: string) => void,
): Promise<Readonly<Record<'small' | 'middle' | 'large', readonly Drains[]>>> {
  const all: Record<'small' | 'middle' | 'large', Drains[]> = { small: [], middle: [], large: [] };
  for (let round = 1; round <= ROUNDS; round += 1) {
    progress(`round ${round} of ${ROUNDS}`);
    all.small.push(await drain(servers, code, { events: SMALL, queues: SMALL_QUEUES }));
    all.middle.push(await drain(servers, code, { events: MIDDLE, queues: 1 }));
    if (round > LARGE_ROUNDS) continue;
    all.large.push(await drain(servers, code, { events: LARGE, queues: 1 }));
  }
  return all;
}

const MIX = `one event in ${NEW_VIEW} opens an incident, the others repeat one of the last ${RECENT_VIEWS}; batches of ${BATCH} out of an array instead of SQS, which on one machine is slower than what it feeds`;

/** MiB at most, of each process. */
function memoryOf(drains: readonly Drains[]): readonly number[] {
  return drains.map(({ memory }) => memory);
}

function rowsOf(drains: Awaited<ReturnType<typeof drainAll>>): readonly Row[] {
  const small = drains.small.flatMap(({ took }) => took);
  const timeRow = (events: number, of: readonly Drains[]): Row =>
    timed({
      measurement: `growth: ${events.toLocaleString('en')} events in the queue`,
      unit: 'ms',
      values: of.flatMap(({ took }) => took),
      baseline: {
        name: `${events / SMALL} times ${SMALL.toLocaleString('en')} events`,
        values: small.map((took) => (took * events) / SMALL),
      },
      limit: OVER_LINEAR,
      note: MIX,
    });
  return [
    timeRow(MIDDLE, drains.middle),
    timeRow(LARGE, drains.large),
    timed({
      measurement: `growth: memory at ${LARGE.toLocaleString('en')} events`,
      unit: 'MiB',
      values: memoryOf(drains.large),
      baseline: { name: `at ${MIDDLE.toLocaleString('en')}`, values: memoryOf(drains.middle) },
      limit: OVER_MIDDLE,
      note: 'the most that the process ever had resident, with the heap that Lambda gives it',
    }),
  ];
}

const growth: Measurement = {
  about: 'queues of 1,000 to 100,000 events, drained by the delivery bundle, unpaced',
  seconds: 35,
  measure: async (progress) => {
    const folder = mkdtempSync(join(tmpdir(), 'bench-growth-'));
    const servers = await startServers();
    try {
      return rowsOf(await drainAll(servers, buildFunction('delivery', folder), progress));
    } finally {
      await servers.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

export default growth;
