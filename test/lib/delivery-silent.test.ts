/**
 * The alarm on a silent delivery, on what CloudWatch has in each situation. The alarm is the one in
 * the template; the rules of evaluation are those of CloudWatch's documentation:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */

import { expect, test } from '@jest/globals';
import { Match } from 'aws-cdk-lib/assertions';
import { example } from '../../config/example.ts';
import { templateOf } from './stages.ts';

const [alarm] = Object.values(
  templateOf(example).findResources('AWS::CloudWatch::Alarm', {
    Properties: { Metrics: Match.arrayWith([Match.objectLike({ Id: 'attempts' })]) },
  }),
).map(({ Properties }) => Properties);
const metrics: { Expression?: string }[] = alarm.Metrics;

type State = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** Sums per minute; `undefined` is no data. */
type Series = readonly (number | undefined)[];

/** Minutes that CloudWatch reads beyond the evaluation periods, when some have no data. */
const MORE_MINUTES = 3;

/**
 * The expression per minute. `fillsEmpty` is what `FILL` does to a metric without any data: the
 * documentation does not say if it makes zeros.
 */
function evaluate(attempts: Series, ticks: Series, fillsEmpty: boolean): Series {
  expect(metrics.find(({ Expression }) => Expression !== undefined)?.Expression).toBe(
    'attempts > 0 AND MAX([FILL(ticks, 0), attempts * 0]) < 1',
  );
  const hasTicks = ticks.some((value) => value !== undefined);
  return attempts.map((sent, minute) => {
    // Without data in one operand, the comparison has none either.
    if (sent === undefined) return undefined;
    const filled = hasTicks || fillsEmpty ? [ticks[minute] ?? 0] : [];
    return sent > 0 && Math.max(...filled, 0) < 1 ? 1 : 0;
  });
}

/** States that the alarm changes to, beginning with the one that it is created in. */
function statesOf(attempts: Series, ticks: Series, fillsEmpty: boolean): readonly State[] {
  const { EvaluationPeriods: periods, Threshold: threshold, TreatMissingData: missing } = alarm;
  expect(missing).toBe('missing');
  const states: State[] = ['INSUFFICIENT_DATA'];
  for (let now = 1; now <= attempts.length; now += 1) {
    const values = evaluate(attempts.slice(0, now), ticks.slice(0, now), fillsEmpty)
      .slice(-periods - MORE_MINUTES)
      .filter((value) => value !== undefined)
      .slice(-periods);
    const isBreaching = values.length === periods && values.every((value) => value >= threshold);
    const withData: State = isBreaching ? 'ALARM' : 'OK';
    const state = values.length === 0 ? 'INSUFFICIENT_DATA' : withData;
    if (state !== states.at(-1)) states.push(state);
  }
  return states;
}

const no = (minutes: number): Series => Array.from({ length: minutes }, () => undefined);
const one = (minutes: number): Series => Array.from({ length: minutes }, () => 1);

test.each<[string, { attempts: Series; ticks: Series; states: readonly State[] }]>([
  [
    'the first deployment, or the first with ticks: no notification before the first tick',
    {
      attempts: [...no(10), ...one(20)],
      ticks: [...no(12), ...one(18)],
      states: ['INSUFFICIENT_DATA', 'OK'],
    },
  ],
  ['delivery works', { attempts: one(30), ticks: one(30), states: ['INSUFFICIENT_DATA', 'OK'] }],
  [
    'delivery stops, and works again with all ticks that waited',
    {
      attempts: one(40),
      ticks: [...one(10), ...no(15), 16, ...one(14)],
      states: ['INSUFFICIENT_DATA', 'OK', 'ALARM', 'OK'],
    },
  ],
  [
    'delivery stands still for four minutes',
    {
      attempts: one(30),
      ticks: [...one(10), ...no(4), 5, ...one(15)],
      states: ['INSUFFICIENT_DATA', 'OK'],
    },
  ],
  [
    'delivery never works',
    { attempts: one(20), ticks: no(20), states: ['INSUFFICIENT_DATA', 'OK', 'ALARM'] },
  ],
  [
    'delivery stops and stays so for longer than CloudWatch looks back',
    {
      attempts: one(90),
      ticks: [...one(10), ...no(80)],
      states: ['INSUFFICIENT_DATA', 'OK', 'ALARM'],
    },
  ],
  [
    'the schedule is disabled',
    {
      attempts: [...one(10), ...no(20)],
      ticks: [...one(10), ...no(20)],
      states: ['INSUFFICIENT_DATA', 'OK', 'INSUFFICIENT_DATA'],
    },
  ],
  [
    'a tick is reported in the minute after it was sent',
    {
      attempts: one(20),
      ticks: Array.from({ length: 20 }, (_, minute) => (minute % 2 === 0 ? undefined : 2)),
      states: ['INSUFFICIENT_DATA', 'OK'],
    },
  ],
])('%s', (_, { attempts, ticks, states }) => {
  for (const fillsEmpty of [true, false]) {
    expect(statesOf(attempts, ticks, fillsEmpty)).toEqual(states);
  }
});
