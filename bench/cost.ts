/** What the bridge costs: USD per million events and per month, from what it uses. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { example } from '../config/example.ts';
import { startBridge } from '../local/bridge.ts';
import { synthesise } from '../local/stack/synthesis.ts';
import { type AssemblyStack, readStackTemplate } from '../local/stack/template.ts';
import { type Load, type MeasuredLoad, measureLoad } from './cost/load.ts';
import {
  type Bill,
  costOf,
  scaled,
  type Standing,
  standingCost,
  totalOf,
  type Usage,
} from './cost/model.ts';
import { PRICES } from './cost/prices.ts';
import { costReport, dominant, type PricedLoad, type PricedMonth } from './cost/report.ts';
import { SECONDS_PER_MONTH, standingOf } from './cost/stack.ts';
import { bridgeUsage, eventBridgeUsage, type LoadedStack, synchronousUsage } from './cost/usage.ts';
import { COMPARISON, type Measurement, type Row } from './measuring/row.ts';

const MILLION = 1_000_000;

/** Every event of another view: none is deduplicated, each is a call. */
const ONE_A_MINUTE: Load = {
  name: '1 per minute',
  events: 15,
  views: 15,
  perSecond: 1 / 60,
  oneByOne: true,
  warmUp: 2,
};
/** Ten views that stay over their thresholds: Glasnostic sends an event a second for each. */
const TEN_A_SECOND: Load = {
  name: '10 per second',
  events: 300,
  views: 10,
  perSecond: 10,
  warmUp: 300,
};
/** From a cold start. */
const STORM: Load = { name: 'storm', events: 3000, views: 10, perSecond: 500, warmUp: 0 };

/** USD per million events that steady state may cost, and USD that the idle month may. */
const GOALS = { million: 2, month: 3 } as const;

async function run(
  load: Load,
  assembly: AssemblyStack,
): Promise<{ readonly measured: MeasuredLoad; readonly stack: LoadedStack }> {
  const bridge = await startBridge({ stage: example, assembly, throttle: false });
  try {
    const measured = await measureLoad(bridge, load);
    const [ingest, delivery] = [bridge.ingest.fn, bridge.delivery.fn];
    return { measured, stack: { template: readStackTemplate(assembly), ingest, delivery } };
  } finally {
    await bridge.stop();
  }
}

function priced(measured: MeasuredLoad, stack: LoadedStack): PricedLoad {
  const { name, events } = measured.load;
  const perMillion = (usage: Usage): Bill => scaled(costOf(usage, PRICES), MILLION / events);
  const usage = bridgeUsage(measured, stack);
  return {
    name,
    events,
    usage,
    bridge: perMillion(usage),
    eventBridge: perMillion(eventBridgeUsage(measured, stack)),
    synchronous: perMillion(synchronousUsage(measured)),
  };
}

/** The standing costs, and those of a load that lasts the whole month. */
function monthOf(measured: MeasuredLoad, million: Bill, standing: Standing): PricedMonth {
  const events = measured.load.perSecond * SECONDS_PER_MONTH;
  const fixed = standingCost({ ...standing, customMetrics: measured.metrics.length }, PRICES);
  const load = scaled(million, events / MILLION);
  const services = new Set([...Object.keys(fixed), ...Object.keys(load)]);
  const both: readonly Readonly<Record<string, number>>[] = [fixed, load];
  const bill = Object.fromEntries(
    [...services].map((service) => [
      service,
      both.reduce((sum, one) => sum + (one[service] ?? 0), 0),
    ]),
  );
  return { name: `${measured.load.name}, all month`, bill };
}

function loadRow(load: PricedLoad, goal?: number): Row {
  const value = totalOf(load.bridge);
  const elsewhere = totalOf(load.eventBridge);
  return {
    measurement: `cost of a million events, ${load.name}`,
    unit: 'USD',
    median: value,
    spread: [value, value],
    baseline: { name: 'EventBridge + API destination', median: elsewhere },
    ratio: value / elsewhere,
    goal: goal === undefined ? COMPARISON : `under USD ${goal.toFixed(2)}`,
    isMet: goal === undefined || value < goal,
    runs: 1,
    note: `synchronous handler USD ${totalOf(load.synchronous).toFixed(2)}; ${dominant(load.bridge)}`,
  };
}

function idleRow(standing: Standing): Row {
  const bill = standingCost(standing, PRICES);
  const value = totalOf(bill);
  const bare = totalOf(standingCost({ ...standing, alarmMetrics: 0, dashboards: 0 }, PRICES));
  const { alarmMetrics, dashboards, secrets } = standing;
  return {
    measurement: 'cost of an idle month',
    unit: 'USD',
    median: value,
    spread: [value, value],
    baseline: { name: 'without alarms and dashboard', median: bare },
    ratio: value / bare,
    goal: `under USD ${GOALS.month.toFixed(2)}`,
    isMet: value < GOALS.month,
    runs: 1,
    note: `${alarmMetrics} metrics with alarms, ${dashboards} dashboards, ${secrets} secrets, empty polls; ${dominant(bill)}`,
  };
}

async function measure(progress: (text: string) => void): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-cost-'));
  try {
    progress('synthesising the stack');
    const assembly = await synthesise(example, folder);
    const loads: PricedLoad[] = [];
    const standing = standingOf(readStackTemplate(assembly));
    const months: PricedMonth[] = [{ name: 'idle', bill: standingCost(standing, PRICES) }];
    for (const load of [ONE_A_MINUTE, TEN_A_SECOND, STORM]) {
      progress(`${load.name}: ${load.events} events`);
      const { measured, stack } = await run(load, assembly);
      const costs = priced(measured, stack);
      loads.push(costs);
      if (load !== STORM) months.push(monthOf(measured, costs.bridge, standing));
    }
    progress(costReport(loads, months));
    return [
      ...loads.map((load) =>
        loadRow(load, load.name === TEN_A_SECOND.name ? GOALS.million : undefined),
      ),
      idleRow(standing),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Cost. */
const cost: Measurement = {
  about: 'USD per million events at three loads and per month, by service, from what they use',
  seconds: 60,
  measure,
};
export default cost;
