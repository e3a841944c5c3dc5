/** Checks by the ticks, which every stage has each minute: they only read metrics and alarms. */

import {
  CLOUDWATCH_DELAY_MINUTES,
  cloudWatchAlarms,
  cloudWatchMetrics,
} from '../status/cloudwatch.ts';
import { countersOf, lastOf } from '../status/counters.ts';
import type { StageMetrics } from '../status/facts.ts';
import { localMetrics } from '../status/local.ts';
import { type Check, type CheckInput, type Observation, seen, unchecked } from './check.ts';

const MINUTE = 60_000;

/** Time that is looked at, milliseconds. */
const SPAN = 15 * MINUTE;

/** Fewest ticks in it, of one per minute: the newest minutes may not be visible yet. */
const LEAST_TICKS = 15 - CLOUDWATCH_DELAY_MINUTES - 1;

/** The name of the alarm on ticks, within its stack. */
const SILENT_ALARM = 'DeliverySilent';

const IDS = ['LA1', 'SC1', 'CW1', 'CW2', 'CW3'] as const;

async function checkTicks({ context, now }: CheckInput): Promise<readonly Observation[]> {
  const { bridgeUrl } = context;
  const at = now();
  const metrics = await (bridgeUrl === undefined
    ? cloudWatchMetrics(context, at, false)
    : localMetrics(bridgeUrl));
  return tickObservations(metrics, at);
}

/**
 * What the ticks of a stage say. Pure.
 *
 * @param at now, milliseconds since 1970
 */
export function tickObservations(
  { points, since, hasTicks }: Pick<StageMetrics, 'points' | 'since' | 'hasTicks'>,
  at: number,
): readonly Observation[] {
  if (points === undefined || hasTicks !== true) {
    return IDS.map((id) => unchecked(id, 'This stage has no ticks.'));
  }
  const { ticks, ticksSent } = countersOf(points, at - SPAN);
  if (ticks === 0 && since !== undefined && at - since < MINUTE) {
    const why = 'The bridge has just started, and has no tick yet. Run it again in a minute.';
    return IDS.map((id) => unchecked(id, why));
  }
  // A local bridge that has just started has not sent as many.
  const least = Math.min(LEAST_TICKS, Math.floor((at - (since ?? 0)) / MINUTE));
  const newest = lastOf(points, 'ticks');
  // The value of a minute has the time of its begin.
  const late = newest === undefined ? undefined : at - newest - MINUTE;
  const seconds = late === undefined ? undefined : Math.max(0, Math.round(late / 1_000));
  const received = `${ticks} ticks in 15 minutes`;
  return [
    seen('LA1', ticks > 0, `delivery has reported ${received}`),
    seen('SC1', ticks > 0 && ticks >= least, received),
    seen('CW1', ticks > 0, `the metric Ticks has ${ticks} in 15 minutes`),
    seconds === undefined
      ? seen('CW2', false, 'there is no tick')
      : seen(
          'CW2',
          seconds <= CLOUDWATCH_DELAY_MINUTES * 60,
          `the newest minute ended ${seconds} s ago`,
        ),
    seen('CW3', ticksSent > 0, `${ticksSent} attempts in 15 minutes`),
  ];
}

async function checkAlarm({ context }: CheckInput): Promise<readonly Observation[]> {
  if (context.bridgeUrl !== undefined) {
    return [unchecked('CW4', 'The local bridge has no alarms.')];
  }
  const alarms = await cloudWatchAlarms(context);
  const alarm = alarms.find(({ name }) => name === SILENT_ALARM);
  if (alarm === undefined) return [unchecked('CW4', `The stage has no alarm ${SILENT_ALARM}.`)];
  return [seen('CW4', alarm.state === 'OK', `${alarm.state} since ${alarm.since ?? 'unknown'}`)];
}

/** The checks by the ticks. */
export const TICK_CHECKS: readonly Check[] = [
  { ids: IDS, by: 'verify', run: checkTicks },
  { ids: ['CW4'], by: 'verify', run: checkAlarm },
];
