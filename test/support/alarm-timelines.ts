/** What the alarms of a stage do in a simulated trouble, and what they must do. */

import { example } from '../../config/example.ts';
import type { StageConfig } from '../../config/stage.ts';
import { lookBackMinutes } from '../../lib/level-alarms.ts';
import { type AlarmModel, stateChanges } from '../../testkit/cloudwatch/alarms.ts';
import { alarmFromTemplate } from '../../testkit/cloudwatch/template.ts';
import { type Recording, recorded } from '../../testkit/cloudwatch/timelines.ts';
import type { Mode } from '../../testkit/simulation/pagerduty.ts';
import { BEGIN, type LoadEvent, type Scenario } from '../../testkit/simulation/simulate.ts';
import { templateOf } from '../lib/stages.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** When the first event comes, milliseconds after the begin. The trouble is there already. */
const FIRST = 10 * MINUTE;

function event(at: number, view: number, service = 'shop'): LoadEvent {
  return { at, view, service };
}

/** The loads that the alarms must hold for, by the length of the trouble in hours. */
export const LOADS: Readonly<Record<string, (hours: number) => readonly LoadEvent[]>> = {
  'one event': () => [event(FIRST, 1)],
  'two views': () => [event(FIRST, 1), event(FIRST + 20_000, 2)],
  'an event per hour': (hours) =>
    Array.from({ length: hours }, (_, hour) => event(FIRST + hour * HOUR, 1)),
  '200 events': () =>
    Array.from({ length: 200 }, (_, index) =>
      event(FIRST + index * 3_000, index, index % 2 === 0 ? 'shop' : 'bank'),
    ),
};

/** Kinds of trouble, and the alarms that tell of each. */
export const TROUBLES = {
  unavailable: ['DeliveryDelay', 'PagerDutyUnavailable'],
  hanging: ['DeliveryDelay', 'PagerDutyUnavailable'],
  throttling: ['DeliveryDelay', 'PagerDutyUnavailable'],
  missingKey: ['DeliveryDelay', 'IntegrationKeyMissing'],
  refusingKey: ['DeliveryDelay', 'IntegrationKeyMissing', 'PagerDutyRefusing'],
} as const;

/** Kind of trouble. */
export type Trouble = keyof typeof TROUBLES;

/** A load, and what is wrong meanwhile. */
export interface TroubleCase {
  readonly trouble: Trouble;
  /** Name of a load in {@link LOADS}. */
  readonly load: string;
  readonly hours: number;
}

/** Longest time from the first event to each alarm, minutes. */
const WITHIN: Readonly<Record<string, number>> = {
  // Its threshold, the longest wait of an event, and what CloudWatch takes.
  DeliveryDelay: 5 + 3.2 + 3,
  PagerDutyUnavailable: 2 + 3.2 + 3,
  IntegrationKeyMissing: 4,
  PagerDutyRefusing: 4,
};

/** Metrics that the recording has. AWS itself has the others. */
const RECORDED = /^(?:InvocationAttemptCount|Ticks|OldestPage|WaitingFor\w+|InternalErrors)$/;
const COUNTED = /^(?:EventsDeadLettered|PagerDutyRefused)$/;

/** The alarms of a stage on metrics that delivery publishes. */
function alarmsOfDelivery(stage: StageConfig): ReadonlyMap<string, AlarmModel> {
  const found = Object.entries(templateOf(stage).findResources('AWS::CloudWatch::Alarm'));
  return new Map(
    found.flatMap(([id, { Properties }]) => {
      const alarm = alarmFromTemplate(Properties);
      const names = [...alarm.metrics.values()].map(({ name }) => name);
      return names.every((name) => RECORDED.test(name) || COUNTED.test(name))
        ? [[id.slice(0, -8).replace(/^Alarms/, ''), alarm] as const]
        : [];
    }),
  );
}

/** The alarms of the stage `example`. */
export const ALARMS = alarmsOfDelivery(example);

/** Runs a load while something is wrong for some hours. */
export async function inTrouble(
  { trouble, load, hours }: TroubleCase,
  more: Partial<Scenario> = {},
): Promise<Recording> {
  const end = hours * HOUR;
  const during = (mode: Mode) => (time: number) => (time < end ? mode : 'up');
  const kinds: Record<Trouble, Partial<Scenario>> = {
    unavailable: { modeAt: during('unavailable') },
    hanging: { modeAt: during('hanging') },
    throttling: { modeAt: during('throttling') },
    refusingKey: { modeAt: during('refusingKey') },
    missingKey: {
      secretAt: (time) =>
        time < end ? '{}' : JSON.stringify({ shop: 'shop'.padEnd(32, '0'), bank: 'b'.repeat(32) }),
    },
  };
  const events = LOADS[load]?.(hours) ?? [];
  return recorded({ events, seed: 1, ...kinds[trouble], ...more }, hours);
}

/**
 * What is wrong with the alarms in a trouble. Each alarm about it goes off once, in its time,
 * and ends when nothing waits any more. No other alarm goes off.
 */
export function alarmFaults(
  trouble: Trouble,
  { samples, over, until }: Recording,
  stage = example,
): readonly string[] {
  const expected: readonly string[] = TROUBLES[trouble];
  const faults: string[] = [];
  for (const [name, alarm] of stage === example ? ALARMS : alarmsOfDelivery(stage)) {
    for (const older of [0, 5]) {
      const changes = stateChanges(alarm, samples, { from: BEGIN, to: until, older });
      const seen = changes.filter(({ state }, index) => index > 0 || state !== 'OK');
      const states = seen.map(({ state }) => state).join(', ');
      const should = expected.includes(name) ? 'ALARM, OK' : '';
      const [begin, end] = seen;
      if (states !== should) faults.push(`${name}: ${states}, and not: ${should}`);
      if (begin === undefined || end === undefined) continue;
      const delay = (begin.at - BEGIN - FIRST) / MINUTE;
      const tail = (end.at - over) / MINUTE;
      if (delay > (WITHIN[name] ?? 0)) faults.push(`${name}: goes off after ${delay} min`);
      if (tail <= 0) faults.push(`${name}: ends ${-tail} min early`);
      if (tail > lookBackMinutes(stage) + 3 + older) {
        faults.push(`${name}: ends ${tail} min late`);
      }
    }
  }
  return faults;
}
