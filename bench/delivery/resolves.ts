/** How incidents end, on a virtual clock. */

import { quantile } from '../../testkit/simulation/loads.ts';
import { amongResolves, resolvingDay } from '../../testkit/simulation/resolve-loads.ts';
import { compare, type Row } from '../measuring/row.ts';

const SECOND = 1_000;
const QUIET_MINUTES = [5, 30] as const;
const DUE = 500;

/** The rows of a day with this quiet time, and of one with outages, lost answers and crashes. */
async function dayRows(quietMinutes: number): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const isBad of [false, true]) {
    const day = await resolvingDay({ quietMinutes, isBad, seed: 1 });
    const { events, incidents, resolves, delays, violations, whileWaiting, open } = day;
    const what = `${isBad ? 'a bad day' : 'a day'}, quiet time ${quietMinutes} min`;
    rows.push(
      compare({
        measurement: `${what}: resolves`,
        unit: 'calls',
        values: resolves,
        baseline: { name: 'incidents', values: incidents },
        limit: isBad ? 1.5 : 1,
        note: `${events} events; ${open.length} incidents open at the end`,
      }),
      compare({
        measurement: `${what}: from due to resolve`,
        unit: 's',
        values: quantile(delays, 0.5) / SECOND,
        baseline: { name: 'the goal', values: 90 },
        limit: 1,
        note: `the longest ${((delays.at(-1) ?? NaN) / SECOND).toFixed(0)} s`,
      }),
      compare({
        measurement: `${what}: events swallowed`,
        unit: 'events',
        values: violations.length,
        baseline: { name: 'events', values: events },
        limit: 0,
        goal: 'none',
        note: `${whileWaiting} resolves while an event of their incident waited`,
      }),
    );
  }
  return rows;
}

/** The rows of the resolves. */
export async function resolveRows(progress: (text: string) => void): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const minutes of QUIET_MINUTES) {
    progress(`days with a quiet time of ${minutes} min`);
    rows.push(...(await dayRows(minutes)));
  }
  progress(`pages while ${DUE} incidents are due`);
  const { delays, resolves } = await amongResolves({ incidents: DUE, seed: 1 });
  rows.push(
    compare({
      measurement: `a critical page while ${DUE} incidents are due, p99`,
      unit: 's',
      values: quantile(delays, 0.99) / SECOND,
      baseline: { name: 'the goal', values: 5 },
      limit: 1,
      note: `p50 ${(quantile(delays, 0.5) / SECOND).toFixed(1)} s; 120 pages and ${resolves} resolves in ten minutes`,
    }),
  );
  return rows;
}
