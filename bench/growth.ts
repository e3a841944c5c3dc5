/** Time and memory to drain a backlog, as the backlog grows. */

import type { JsonObject } from '../lambda/shared/json.ts';
import { withFolder } from './measuring/folder.ts';
import { compare, type Measurement, type Row } from './measuring/row.ts';
import { type Servers, startServers } from './measuring/servers.ts';
import { seededRandom } from '../testkit/simulation/random.ts';
import { startChild } from './measuring/child.ts';
import { record } from './measuring/events.ts';
import { buildFunction, functionEnvironment, UNPACED } from './measuring/function.ts';

/** Messages in a batch: the most that a stage can gather, which needs the most memory. */
const BATCH = 1_000;

/** Numbers of events in the queue. */
const SMALL = 1_000;
const MIDDLE = 10_000;
const LARGE = 100_000;

/** Events before the measurement, so that the code is compiled and the instance has state. */
const WARM_UP = 15_000;

/** Queues of the smallest size that one process drains, one after the other. */
const SMALL_QUEUES = 10;
/** Runs per size, each in a new process. The largest size takes longest. */
const ROUNDS = 3;
const LARGE_ROUNDS = 2;

/** One event in this number is of a new view. */
const NEW_VIEW = 5;
/** The other events repeat one of this number of latest views. */
const RECENT_VIEWS = 1_000;

/** Limit of the time, as a multiple of linear growth. */
const OVER_LINEAR = 1.2;
/** Limit of the memory, as a multiple of the memory for a tenth of the events. */
const OVER_MIDDLE = 1.2;

/** Creates the batches of a queue. The mix of events is the same at every size. */
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

/** Drains by one process. */
interface Drains {
  /** Milliseconds per queue. */
  readonly took: readonly number[];
  /** Peak, MiB. */
  readonly memory: number;
}

/** Drains queues of one size in a new process. */
async function drain(
  servers: Servers,
  code: string,
  { events, queues }: { readonly events: number; readonly queues: number },
): Promise<Drains> {
  const { url, pagerDutyUrl, certificate } = servers;
  const environment = { awsUrl: url, pagerDutyUrl, certificate, settings: UNPACED };
  const child = startChild('delivery-warm/process.ts', functionEnvironment(environment));
  try {
    const next = queueOf();
    const drainAll = async (batches: readonly JsonObject[]): Promise<number> => {
      const begin = performance.now();
      for (const batch of batches) await child.ask({ kind: 'deliver', code, batch });
      return performance.now() - begin;
    };
    await drainAll(next(WARM_UP));
    const took: number[] = [];
    for (let queue = 0; queue < queues; queue += 1) took.push(await drainAll(next(events)));
    return { took, memory: child.peakMemory() };
  } finally {
    await child.stop();
  }
}

/** Measures all sizes, one after the other, several times. */
async function measureSizes(
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

const MIX = `one event in ${NEW_VIEW} opens an incident, the others repeat one of the last ${RECENT_VIEWS}; batches of ${BATCH} from an array instead of SQS, which on one machine is slower than delivery`;

function rowsOf(drains: Awaited<ReturnType<typeof measureSizes>>): readonly Row[] {
  const small = drains.small.flatMap(({ took }) => took);
  const timeRow = (events: number, of: readonly Drains[]): Row =>
    compare({
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
    compare({
      measurement: `growth: memory at ${LARGE.toLocaleString('en')} events`,
      unit: 'MiB',
      values: drains.large.map(({ memory }) => memory),
      baseline: {
        name: `at ${MIDDLE.toLocaleString('en')}`,
        values: drains.middle.map(({ memory }) => memory),
      },
      limit: OVER_MIDDLE,
      note: 'peak resident memory of the process, with the heap that Lambda gives it',
    }),
  ];
}

const growth: Measurement = {
  about: 'queues of 1,000 to 100,000 events, drained by the delivery bundle, unpaced',
  seconds: 35,
  measure: async (progress) =>
    withFolder(async (folder) => {
      const servers = await startServers();
      try {
        return rowsOf(await measureSizes(servers, buildFunction('delivery', folder), progress));
      } finally {
        await servers.stop();
      }
    }),
};

export default growth;
