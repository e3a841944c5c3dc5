/** The cost report as text. */

import Table from 'cli-table3';
import { ASSUMPTIONS } from './assumptions.ts';
import { type Bill, type FunctionUse, SERVICES, totalOf } from './model.ts';
import { PRICED_REGION, PRICES_OF } from './prices.ts';
import type { BridgeUsage } from './usage.ts';

/** What a load costs on the bridge and elsewhere: USD per million events. */
export interface PricedLoad {
  readonly name: string;
  readonly events: number;
  readonly usage: BridgeUsage;
  readonly bridge: Bill;
  readonly eventBridge: Bill;
  readonly synchronous: Bill;
}

/** What a month costs, whatever comes in or with a load on top: USD. */
export interface PricedMonth {
  readonly name: string;
  readonly bill: Bill;
}

/** USD with cents, and with more digits where there would be nothing else. */
function usd(value: number | undefined): string {
  if (value === undefined) return '';
  return value >= 0.005 ? value.toFixed(2) : value.toFixed(4);
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: [...head],
    style: { head: [], border: [] },
    colAligns: head.map((_, index) => (index === 0 ? 'left' : 'right')),
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}

function billsTable(first: string, columns: readonly (readonly [string, Bill])[]): string {
  const services = SERVICES.filter((service) => columns.some(([, bill]) => service in bill));
  return tableOf(
    [first, ...columns.map(([name]) => name)],
    [
      ...services.map((service) => {
        const cells = columns.map(([, bill]) => usd(bill[service]));
        const name: string = service;
        return [name].concat(cells);
      }),
      ['in all', ...columns.map(([, bill]) => usd(totalOf(bill)))],
    ],
  );
}

/** The services of a bill that make up most of it, the largest first. */
export function dominant(bill: Bill, most = 3): string {
  const all = totalOf(bill);
  return SERVICES.filter((service) => bill[service] !== undefined)
    .toSorted((a, b) => (bill[b] ?? 0) - (bill[a] ?? 0))
    .slice(0, most)
    .map((service) => `${service} ${Math.round((100 * (bill[service] ?? 0)) / all)} %`)
    .join(', ');
}

/** Processor time of one invocation. */
function milliseconds(use: FunctionUse | undefined): string {
  if (use === undefined) return '';
  return ((1000 * use.cpuSeconds) / Math.max(1, use.invocations)).toFixed(1);
}

/** Quantities for one event, so that a reader sees what to lower. */
function quantities({ usage, events }: PricedLoad): readonly string[] {
  const each = (value: number, digits = 2): string => (value / events).toFixed(digits);
  const [ingest, delivery] = usage.functions;
  return [
    each(ingest?.invocations ?? 0),
    milliseconds(ingest),
    each(delivery?.invocations ?? 0, 3),
    milliseconds(delivery),
    ...Object.values(usage.queue).map((count) => each(count)),
    each(usage.secretCalls, 4),
    ...Object.values(usage.logs).map((bytes) => each(bytes, 0)),
    each(usage.traces),
  ];
}

function quantitiesTable(loads: readonly PricedLoad[]): string {
  const [first] = loads;
  if (first === undefined) return '';
  const names = [
    'invocations of ingest',
    'processor time of one, ms',
    'invocations of delivery',
    'processor time of one, ms',
    ...Object.keys(first.usage.queue),
    'secrets read',
    ...Object.keys(first.usage.logs).map((name) => `log bytes: ${name}`),
    'traces',
  ];
  const columns = loads.map(quantities);
  return tableOf(
    ['for one event', ...loads.map(({ name }) => name)],
    names.map((name, index) => [name].concat(columns.map((column) => column[index] ?? ''))),
  );
}

/** The whole report. */
export function costReport(loads: readonly PricedLoad[], months: readonly PricedMonth[]): string {
  const compared = loads.flatMap(({ name, bridge, eventBridge, synchronous }) => [
    [`${name}: the bridge`, usd(totalOf(bridge)), dominant(bridge)],
    [`${name}: EventBridge + API destination`, usd(totalOf(eventBridge)), dominant(eventBridge)],
    [`${name}: synchronous handler`, usd(totalOf(synchronous)), dominant(synchronous)],
  ]);
  return [
    `USD per million events, by service (${PRICED_REGION}, prices of ${PRICES_OF}, no free tier)`,
    billsTable(
      'service',
      loads.map(({ name, bridge }) => [name, bridge] as const),
    ),
    'USD per million events, beside what else a team would pick',
    tableOf(['load', 'USD', 'of which'], compared),
    'What was measured, for one event',
    quantitiesTable(loads),
    'USD per month',
    billsTable(
      'service',
      months.map(({ name, bill }) => [name, bill] as const),
    ),
    'Assumed, because loopback cannot show it:',
    ...ASSUMPTIONS.map((text) => `- ${text}`),
  ].join('\n');
}
