/** `npm run bench -- --only delivery-warm`: events from a batch to PagerDuty's answers. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { example } from '../config/example.ts';
import { parseEvent } from '../lambda/glasnostic/event.ts';
import { translate } from '../lambda/pagerduty/translate.ts';
import type { JsonObject } from '../lambda/shared/json.ts';
import { type Measurement, median, type Row, timed } from './measuring/row.ts';
import { startServers } from './measuring/servers.ts';
import { type Child, startChild } from './measuring/child.ts';
import { record, thresholdEvent } from './measuring/events.ts';
import { buildFunction, functionEnvironment, UNPACED } from './measuring/function.ts';

/** Events in a batch, and calls in a round of the loop: enough to have all calls under way at once. */
const BATCH = 1_000;
/** Incidents that a deduplicated batch is about. */
const FEW = 10;
const { concurrentCalls } = example.delivery;

/** Rounds with one server. Those to warm up are not counted: the compiler is still at it. */
interface Rounds {
  /** Milliseconds until PagerDuty answers. */
  readonly latency: number;
  readonly warmUp: number;
  readonly rounds: number;
}

/**
 * Less than the way to PagerDuty and back takes from most places, let alone an answer: what is left
 * of the bridge's own work beside it is what counts for how soon a page arrives.
 */
const NEAR: Rounds = { latency: 5, warmUp: 2, rounds: 6 };

/** A server that no network and no work keeps from answering: what it shows is the work alone. */
const AT_ONCE: Rounds = { latency: 0, warmUp: 8, rounds: 15 };

/** What a call says, as the bridge says it. */
function callBody(): string {
  const parsed = parseEvent(Object(thresholdEvent('1000000', Date.now())));
  if (parsed.outcome !== 'event') throw new Error('The sample is not an event.');
  const now = Date.now();
  return JSON.stringify(
    translate(parsed.event, {
      integrationKey: 'k'.repeat(32),
      severity: 'warning',
      consoleUrl: example.consoleUrl,
      receivedAt: new Date(now).toISOString(),
      now,
      deduplicated: { count: 1, first: now, last: now },
    }),
  );
}

/** Makes batches; no two share a message. */
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

/** Events, or calls, in a second. */
interface Rates {
  readonly distinct: number[];
  readonly deduplicated: number[];
  readonly loop: number[];
}

/** Takes the rates in turn, so that whatever else the machine does concerns all of them. */
async function takeTurns(
  child: Child,
  code: string,
  url: string,
  { warmUp, rounds }: Rounds,
): Promise<Rates> {
  const rates: Rates = { distinct: [], deduplicated: [], loop: [] };
  const body = callBody();
  const next = batches();
  const perSecond = async (request: JsonObject): Promise<number> => {
    const { took } = await child.ask(request);
    return (1000 * BATCH) / Number(took);
  };
  for (let round = -warmUp; round < rounds; round += 1) {
    const distinct = await perSecond({ kind: 'deliver', code, batch: next('own') });
    const loop = await perSecond({
      kind: 'loop',
      url,
      body,
      calls: BATCH,
      atOnce: concurrentCalls,
    });
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
    const rates = await takeTurns(child, code, `${pagerDutyUrl}/v2/enqueue`, rounds);
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
    timed({
      measurement: `delivery, warm, without deduplication, PagerDuty answers ${how}`,
      unit: 'events/s',
      values,
      baseline: { name, values: loop },
      limit: 0.8,
      atLeast: true,
      ...(note === undefined ? {} : { note }),
    });
  return [
    distinct(
      'at once',
      atOnce,
      `an event takes ${work.toFixed(0)} µs more than a bare POST: to parse, route, deduplicate, translate, decide and log it`,
    ),
    distinct(`in ${NEAR.latency} ms`, near),
    timed({
      measurement: `delivery, warm: ${BATCH} events of ${FEW} incidents`,
      unit: 'events/s',
      values: atOnce.deduplicated,
      baseline: { name, values: atOnce.loop },
      limit: 1,
      atLeast: true,
      note: `${FEW} calls a batch against a call an event; PagerDuty answers at once`,
    }),
  ];
}

const measurement: Measurement = {
  about: 'events that the delivery bundle takes from batch to answer in one warm process, unpaced',
  seconds: 20,
  measure: async (progress) => {
    const folder = mkdtempSync(join(tmpdir(), 'bench-delivery-'));
    try {
      const code = buildFunction('delivery', folder);
      const measure = async (rounds: Rounds): Promise<Rates> => {
        progress(`${rounds.rounds} rounds of ${BATCH} calls, PagerDuty at ${rounds.latency} ms`);
        return measureRates(code, rounds);
      };
      const atOnce = await measure(AT_ONCE);
      return rowsOf(await measure(NEAR), atOnce);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

export default measurement;
