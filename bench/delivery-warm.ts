/** Events per second that delivery handles, from a batch to PagerDuty's answers. */

import { example } from '../config/example.ts';
import { parseEvent } from '../lambda/glasnostic/event.ts';
import { dedupKey } from '../lambda/pagerduty/dedup-key.ts';
import { translate } from '../lambda/pagerduty/translate.ts';
import type { JsonObject } from '../lambda/shared/json.ts';
import { withFolder } from './measuring/folder.ts';
import { COMPARISON, compare, type Measurement, median, type Row } from './measuring/row.ts';
import { startServers } from './measuring/servers.ts';
import { type Child, startChild } from './measuring/child.ts';
import { record, thresholdEvent } from './measuring/events.ts';
import { buildFunction, functionEnvironment, UNPACED } from './measuring/function.ts';

/** Events per batch, and calls per round of the loop: enough to use all concurrent calls. */
const BATCH = 1_000;
/** Incidents in a batch with repetitions. */
const FEW = 10;
const { concurrentCalls } = example.delivery;

/** Rounds with one server. The warm-up, in which code is compiled, is not counted. */
interface Rounds {
  /** Time until PagerDuty answers, milliseconds. */
  readonly latency: number;
  readonly warmUp: number;
  readonly rounds: number;
}

/**
 * Less than a round trip to PagerDuty takes. It shows how much the bridge's own work delays a page.
 */
const NEAR: Rounds = { latency: 5, warmUp: 2, rounds: 6 };

/** Without latency. It shows the bridge's own work alone. */
const AT_ONCE: Rounds = { latency: 0, warmUp: 8, rounds: 15 };

/** Body of a call, as the bridge sends it. */
function callBody(): string {
  const parsed = parseEvent(Object(thresholdEvent('1000000', Date.now())));
  if (parsed.outcome !== 'event') throw new Error('The sample is not an event.');
  const now = Date.now();
  return JSON.stringify(
    translate(parsed.event, {
      integrationKey: 'k'.repeat(32),
      dedupKey: dedupKey(parsed.event),
      severity: 'warning',
      ownSeverity: 'warning',
      consoleUrl: example.consoleUrl,
      receivedAt: new Date(now).toISOString(),
      now,
      deduplicated: { count: 1, first: now, last: now },
    }),
  );
}

/** Creates batches. All messages differ. */
function batches(): (incidents: 'own' | 'few') => JsonObject {
  let sent = 0;
  return (incidents) => ({
    Records: Array.from({ length: BATCH }, (_, index) => {
      sent += 1;
      const view = incidents === 'own' ? 1_000_000 + sent : index % FEW;
      return record(`m${sent}`, String(view), Date.now());
    }),
  });
}

/** Events or calls per second. */
interface Rates {
  readonly distinct: number[];
  readonly deduplicated: number[];
  readonly loop: number[];
}

/** Measures the rates in turn, so that other load on the machine affects all of them. */
async function measureInTurn(
  child: Child,
  code: string,
  url: string,
  { warmUp, rounds }: Rounds,
): Promise<Rates> {
  const rates: Rates = { distinct: [], deduplicated: [], loop: [] };
  const posts = { kind: 'loop', url, body: callBody(), calls: BATCH, atOnce: concurrentCalls };
  const next = batches();
  const perSecond = async (request: JsonObject): Promise<number> => {
    const { took } = await child.ask(request);
    return (1000 * BATCH) / Number(took);
  };
  for (let round = -warmUp; round < rounds; round += 1) {
    const distinct = await perSecond({ kind: 'deliver', code, batch: next('own') });
    const loop = await perSecond(posts);
    const deduplicated = await perSecond({ kind: 'deliver', code, batch: next('few') });
    if (round < 0) continue;
    rates.distinct.push(distinct);
    rates.loop.push(loop);
    rates.deduplicated.push(deduplicated);
  }
  return rates;
}

async function measureRates(code: string, rounds: Rounds): Promise<Rates> {
  const servers = await startServers(rounds.latency);
  const { url, pagerDutyUrl, certificate, calls } = servers;
  const environment = { awsUrl: url, pagerDutyUrl, certificate, settings: UNPACED };
  const child = startChild('delivery-warm/process.ts', functionEnvironment(environment));
  try {
    const rates = await measureInTurn(child, code, `${pagerDutyUrl}/v2/enqueue`, rounds);
    const expected = (rounds.warmUp + rounds.rounds) * (2 * BATCH + FEW);
    if (calls.get('enqueue') === expected) return rates;
    throw new Error(`${calls.get('enqueue')} calls were made instead of ${expected}.`);
  } finally {
    await child.stop();
    await servers.stop();
  }
}

function rowsOf(near: Rates, atOnce: Rates): readonly Row[] {
  const name = `a loop of bare POSTs, ${concurrentCalls} at once`;
  const work = 1_000_000 / median(atOnce.distinct) - 1_000_000 / median(atOnce.loop);
  const distinct = (how: string, { distinct: values, loop }: Rates, note?: string): Row =>
    compare({
      measurement: `delivery, warm, without deduplication, PagerDuty answers ${how}`,
      unit: 'events/s',
      values,
      baseline: { name, values: loop },
      limit: how === 'at once' ? 0 : 0.8,
      atLeast: true,
      ...(how === 'at once' ? { goal: COMPARISON } : {}),
      ...(note === undefined ? {} : { note }),
    });
  return [
    distinct(
      'at once',
      atOnce,
      `an event takes ${work.toFixed(0)} µs more than a bare POST: to parse, route, deduplicate, translate, decide and log it`,
    ),
    distinct(`in ${NEAR.latency} ms`, near),
    compare({
      measurement: `delivery, warm: ${BATCH} events of ${FEW} incidents`,
      unit: 'events/s',
      values: atOnce.deduplicated,
      baseline: { name, values: atOnce.loop },
      limit: 1,
      atLeast: true,
      note: `${FEW} calls per batch against one call per event; PagerDuty answers at once`,
    }),
  ];
}

const measurement: Measurement = {
  about: 'events that the delivery bundle delivers per second in one warm process, unpaced',
  seconds: 20,
  measure: async (progress) =>
    withFolder(async (folder) => {
      const code = buildFunction('delivery', folder);
      const measure = async (rounds: Rounds): Promise<Rates> => {
        progress(`${rounds.rounds} rounds of ${BATCH} calls, PagerDuty at ${rounds.latency} ms`);
        return measureRates(code, rounds);
      };
      const atOnce = await measure(AT_ONCE);
      return rowsOf(await measure(NEAR), atOnce);
    }),
};

export default measurement;
