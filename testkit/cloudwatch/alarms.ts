/**
 * A model of CloudWatch's alarms: a window that slides and is evaluated each minute, metrics that
 * come late, and what missing data means.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */

const MINUTE = 60_000;

/** Values of one metric in one log line, or of an AWS service. */
export interface Sample {
  /** When it was measured, milliseconds since 1970. */
  readonly at: number;
  /** From then on CloudWatch has it, milliseconds since 1970. */
  readonly knownAt: number;
  readonly value: number;
}

/** Metric name -> its samples, in the order of their times. */
export type Samples = ReadonlyMap<string, readonly Sample[]>;

/** State of an alarm. */
export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** A change of the state of an alarm, which notifies. */
export interface StateChange {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly state: AlarmState;
}

/** One metric of an alarm. */
export interface AlarmMetric {
  readonly name: string;
  readonly statistic: 'Sum' | 'Maximum';
}

/** An alarm as its template has it. */
export interface AlarmModel {
  /** By ID in the expression; one without an expression. */
  readonly metrics: ReadonlyMap<string, AlarmMetric>;
  readonly expression?: string | undefined;
  /** Milliseconds. */
  readonly period: number;
  readonly periods: number;
  readonly periodsToAlarm: number;
  readonly threshold: number;
  readonly missingData: 'notBreaching' | 'breaching' | 'ignore' | 'missing';
}

/** Value of each metric of an expression in one period; `undefined` without data. */
type Values = (id: string) => number | undefined;

/** `MAX` of the values that there are. */
function most(...values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

/** The expressions of the bridge's alarms. `FILL` fills a metric that has a value at some time. */
const EXPRESSIONS: Readonly<Record<string, (of: Values) => number | undefined>> = {
  'MAX([FILL(oldest, 0), ticks * 0])': (of) =>
    of('ticks') === undefined && of('oldest') === undefined ? undefined : (of('oldest') ?? 0),
  'attempts > 0 AND MAX([FILL(ticks, 0), attempts * 0]) < 1': (of) => {
    const attempts = of('attempts');
    if (attempts === undefined) return undefined;
    return attempts > 0 && (most(of('ticks'), 0) ?? 0) < 1 ? 1 : 0;
  },
};

/** What CloudWatch has of one metric at a time: minute -> value. Minutes only grow. */
function minutesOf(samples: readonly Sample[], statistic: AlarmMetric['statistic']) {
  const byArrival = samples.toSorted((a, b) => a.knownAt - b.knownAt);
  const minutes = new Map<number, number>();
  let next = 0;
  return {
    /** Takes what has come until a time. */
    takeUntil: (time: number): void => {
      for (let one = byArrival[next]; one !== undefined && one.knownAt <= time;) {
        const minute = Math.floor(one.at / MINUTE);
        const before = minutes.get(minute);
        const sum = (before ?? 0) + one.value;
        minutes.set(minute, statistic === 'Sum' ? sum : Math.max(before ?? -Infinity, one.value));
        next += 1;
        one = byArrival[next];
      }
    },
    /** Value of the period that ends at a minute. */
    valueOf: (end: number, length: number): number | undefined => {
      const values: number[] = [];
      for (let minute = end - length; minute < end; minute += 1) {
        const value = minutes.get(minute);
        if (value !== undefined) values.push(value);
      }
      if (values.length === 0) return undefined;
      return statistic === 'Sum'
        ? values.reduce((sum, value) => sum + value, 0)
        : Math.max(...values);
    },
  };
}

/** The state that follows from the values of the periods, the newest first. */
function nextState(
  values: readonly (number | undefined)[],
  before: AlarmState,
  { periods, periodsToAlarm, threshold, missingData }: AlarmModel,
): AlarmState {
  const known = values.filter((value) => value !== undefined);
  // With enough real values, also older ones than the periods, what is missing does not matter.
  const real = known.slice(0, periods);
  const missing = periods - real.length;
  const breaching =
    real.filter((value) => value >= threshold).length + (missingData === 'breaching' ? missing : 0);
  if (breaching >= periodsToAlarm) return 'ALARM';
  if (missingData === 'ignore') return real.length === 0 ? before : 'OK';
  if (missingData === 'missing' && missing > 0) {
    if (real.length === 0) return 'INSUFFICIENT_DATA';
    // What is missing counts for neither side: the rest decides, if it is old enough.
    const oldest = values.findLastIndex((value) => value !== undefined);
    if (real.every((value) => value >= threshold)) {
      return oldest >= periodsToAlarm - 1 ? 'ALARM' : before;
    }
  }
  return 'OK';
}

/**
 * The changes of an alarm's state. It is evaluated each minute.
 *
 * @param options.older periods beyond its own that CloudWatch looks at if some have no data. AWS does
 *   not say how many
 */
export function stateChanges(
  alarm: AlarmModel,
  samples: Samples,
  options: { readonly from: number; readonly to: number; readonly older: number },
): readonly StateChange[] {
  const series = new Map(
    [...alarm.metrics].map(([id, { name, statistic }]) => [
      id,
      minutesOf(samples.get(name) ?? [], statistic),
    ]),
  );
  const { expression, period, periods } = alarm;
  const formula =
    expression === undefined
      ? (of: Values) => of([...alarm.metrics.keys()][0] ?? '')
      : EXPRESSIONS[expression];
  if (formula === undefined) throw new Error(`Unknown expression: ${expression}`);
  const length = period / MINUTE;
  const changes: StateChange[] = [];
  let state: AlarmState = 'INSUFFICIENT_DATA';
  for (let at = options.from; at <= options.to; at += MINUTE) {
    for (const one of series.values()) one.takeUntil(at);
    const end = Math.floor(at / MINUTE);
    const values = Array.from({ length: periods + options.older }, (_, back) =>
      formula((id) => series.get(id)?.valueOf(end - back * length, length)),
    );
    const next = nextState(values, state, alarm);
    if (next !== state) changes.push({ at, state: next });
    state = next;
  }
  return changes;
}
