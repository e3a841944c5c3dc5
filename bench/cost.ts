/** Cost of the bridge: USD per million events and per month, from counted usage and prices. */

import { join } from 'node:path';
import { example } from '../config/example.ts';
import { startBridge } from '../local/bridge.ts';
import { synthesise } from '../local/stack/synthesis.ts';
import { readStackTemplate } from '../local/stack/template.ts';
import { type Counts, type Load, measureLoad } from './cost/load.ts';
import * as prices from './cost/prices.ts';
import * as usages from './cost/usage.ts';
import { withFolder } from './measuring/folder.ts';
import { COMPARISON, compare, type Measurement, type Row } from './measuring/row.ts';
import { plainTable } from './measuring/table.ts';

type Bill = prices.Bill;

const { billOf, dominant, MILLION, SERVICES, totalOf } = prices;

const LOADS: readonly Load[] = [
  // Every event is of another view: each is a call.
  { name: '1 per minute', events: 15, views: 15, perSecond: 1 / 60, oneByOne: true, warmUp: 2 },
  // Ten views stay above their thresholds. Glasnostic sends one event per second for each.
  { name: '10 per second', events: 300, views: 10, perSecond: 10, warmUp: 300 },
  { name: 'storm', events: 3000, views: 10, perSecond: 500, warmUp: 0 },
];

/** The load of a stage that resolves incidents. All ten open in it, so it has more table writes than later. */
const RESOLVING: Load = {
  name: '10 per second, resolving',
  events: 300,
  views: 10,
  perSecond: 10,
  warmUp: 300,
};

/** The stage `example`, if it resolved incidents. */
const resolving = {
  ...example,
  routes: example.routes.map((route) =>
    'service' in route ? Object.assign({ resolveAfterMinutes: 30 }, route) : route,
  ),
};

/**
 * Limits: of a million events at 10 per second, as a multiple of the requests alone, and of a month
 * without events, USD.
 */
const GOALS = { overRequests: 1.3, month: 6.5 } as const;

/** The requests that one event costs in any queued delivery: send, receive and delete of one message. */
const REQUESTS_ALONE: prices.Usage = { apiRequests: 1, invocations: 2, queueRequests: 3 };

/** Bills of a million events at one load, and the counts behind them. */
interface PricedLoad {
  readonly load: Load;
  readonly counts: Counts;
  readonly bridge: Bill;
  readonly eventBridge: Bill;
  readonly synchronous: Bill;
  /** A month with this load. */
  readonly month: Bill;
}

/** Cents, or more digits for less than half a cent. */
function usd(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(value >= 0.005 ? 2 : 4);
}

function billsTable(columns: readonly (readonly [name: string, bill: Bill])[]): string {
  const services = [...SERVICES].filter((name) => columns.some(([, bill]) => bill.has(name)));
  return plainTable(
    ['service', ...columns.map(([name]) => name)],
    [
      ...services.map((name) => [name].concat(columns.map(([, bill]) => usd(bill.get(name))))),
      ['in all', ...columns.map(([, bill]) => usd(totalOf(bill)))],
    ],
  );
}

function report(loads: readonly PricedLoad[], idle: Bill): string {
  const compared = loads.flatMap(({ load, bridge, eventBridge, synchronous }) => [
    [`${load.name}: the bridge`, usd(totalOf(bridge)), dominant(bridge)],
    [
      `${load.name}: EventBridge + API destination`,
      usd(totalOf(eventBridge)),
      dominant(eventBridge),
    ],
    [`${load.name}: synchronous handler`, usd(totalOf(synchronous)), dominant(synchronous)],
  ]);
  const counters = new Set(
    loads.flatMap(({ counts }) => Object.keys(counts).filter((name) => counts[name] !== 0)),
  );
  const steady = loads.filter(({ load }) => load.warmUp > 0);
  return [
    `USD per million events, by service (${prices.REGION}, prices of ${prices.PRICES_OF}, no free tier)`,
    billsTable(loads.map(({ load, bridge }) => [load.name, bridge])),
    'USD per million events, beside two alternatives',
    plainTable(['load', 'USD', 'of which'], compared),
    'Counted, per event',
    plainTable(
      ['counter', ...loads.map(({ load }) => load.name)],
      [...counters].map((name) =>
        [name].concat(loads.map(({ counts }) => `${Number((counts[name] ?? 0).toPrecision(3))}`)),
      ),
    ),
    'USD per month',
    billsTable([
      ['idle', idle],
      ...steady.map(({ load, month }) => [`${load.name}, all month`, month] as const),
    ]),
    'Assumed, because the local bridge cannot measure it:',
    ...usages.ASSUMPTIONS.map((text) => `- ${text}`),
  ].join('\n');
}

function rowOf(
  bill: Bill,
  baseline: Bill,
  row: { readonly measurement: string; readonly baseline: string; readonly note: string },
  limit?: { readonly ratio: number; readonly text: string },
): Row {
  return compare({
    measurement: row.measurement,
    unit: 'USD',
    values: totalOf(bill),
    baseline: { name: row.baseline, values: totalOf(baseline) },
    limit: limit?.ratio ?? Infinity,
    goal: limit?.text ?? COMPARISON,
    note: `${row.note}; ${dominant(bill)}`,
  });
}

async function measure(folder: string, progress: (text: string) => void): Promise<readonly Row[]> {
  progress('synthesising the stack');
  const synthesised = async (stage: typeof example) => {
    const assembly = await synthesise(stage, join(folder, stage === example ? 'off' : 'on'));
    const template = readStackTemplate(assembly);
    return { stage, assembly, template, idle: usages.idleMonth(template) };
  };
  const plain = await synthesised(example);
  const withTable = await synthesised(resolving);
  const { idle, template } = plain;
  const stack = {
    ingestMB: example.ingestFunction.memoryMB,
    deliveryMB: example.deliveryFunction.memoryMB,
    accessLogBytes: usages.accessLogBytes(template),
  };
  const priced = async (load: Load, on = plain): Promise<PricedLoad> => {
    progress(`${load.name}: ${load.events} events`);
    const bridge = await startBridge({
      stage: on.stage,
      assembly: on.assembly,
      throttle: false,
      // They are in the idle month.
      tickSeconds: false,
    });
    try {
      const measured = await measureLoad(bridge, load);
      const usage = usages.bridgeUsage(measured, stack);
      const eventsPerMonth = load.perSecond * usages.SECONDS_PER_MONTH;
      return {
        load,
        counts: measured.counts,
        bridge: billOf([usage, MILLION]),
        eventBridge: billOf([usages.eventBridgeUsage(measured, stack), MILLION]),
        synchronous: billOf([usages.synchronousUsage(measured), MILLION]),
        month: billOf(
          [{ ...on.idle, customMetrics: measured.metrics + on.idle.customMetrics }, 1],
          [usage, eventsPerMonth],
        ),
      };
    } finally {
      await bridge.stop();
    }
  };
  const loads: PricedLoad[] = [];
  for (const load of LOADS) loads.push(await priced(load));
  loads.push(await priced(RESOLVING, withTable));
  const idleBill = billOf([idle, 1]);
  progress(report(loads, idleBill));
  return [
    ...loads.map(({ load, bridge, eventBridge, synchronous }) =>
      rowOf(bridge, eventBridge, {
        measurement: `cost of a million events, ${load.name}`,
        baseline: 'EventBridge + API destination',
        note: `synchronous handler USD ${usd(totalOf(synchronous))}`,
      }),
    ),
    ...loads
      .filter(({ load }) => load.perSecond === 10 && load !== RESOLVING)
      .map(({ load, bridge }) =>
        rowOf(
          bridge,
          billOf([REQUESTS_ALONE, MILLION]),
          {
            measurement: `cost of a million events, ${load.name}`,
            baseline: 'the requests of queued delivery alone',
            note: 'one request to the API, two invocations, and one message sent, received and deleted',
          },
          { ratio: GOALS.overRequests, text: `at most ${GOALS.overRequests} x` },
        ),
      ),
    rowOf(
      idleBill,
      billOf([{ ...idle, alarmMetrics: 0, dashboards: 0 }, 1]),
      {
        measurement: 'cost of an idle month',
        baseline: 'without alarms and dashboard',
        note: `metrics with alarms: ${idle.alarmMetrics}, dashboards: ${idle.dashboards}, secrets: ${idle.secrets}, empty polls and a tick per minute`,
      },
      {
        ratio: GOALS.month / totalOf(billOf([{ ...idle, alarmMetrics: 0, dashboards: 0 }, 1])),
        text: `under USD ${GOALS.month.toFixed(2)}`,
      },
    ),
    rowOf(billOf([withTable.idle, 1]), idleBill, {
      measurement: 'cost of an idle month, resolving',
      baseline: 'a stage that does not resolve',
      note: `two alarms more, and ${Math.round(withTable.idle.tableReads)} reads of an empty table`,
    }),
  ];
}

const cost: Measurement = {
  about: 'USD per million events at four loads and per month, by service, from counted usage',
  seconds: 60,
  measure: async (progress) => withFolder(async (folder) => measure(folder, progress)),
};
export default cost;
