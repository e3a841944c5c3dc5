/** Facts that the answer of `status` depends on, and the form of a finding. */

import { formatDuration } from '../../lambda/shared/duration.ts';
import type { StageConfig } from '../../config/stage.ts';
import { formatLocalTime } from '../time.ts';
import type { ServiceKey } from '../keys/integration-keys-secret.ts';
import type { Calls } from './calls.ts';
import type { Point } from './counters.ts';
import type { OldestWait } from './levels.ts';

/** An alarm of the stage. */
export interface AlarmState {
  readonly name: string;
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  /** Since when, ISO 8601. */
  readonly since: string | null;
  /** Its section of the runbook. */
  readonly runbook: string | null;
}

/** Metrics of a stage, as far as they are known. */
export interface StageMetrics {
  /** The last hours, the oldest first, without periods in which nothing happened. */
  readonly points?: readonly Point[] | undefined;
  /** When the figures begin, milliseconds since 1970. */
  readonly since?: number | undefined;
  /** Whether the schedule sends ticks. */
  readonly hasTicks?: boolean | undefined;
  /** Age of the oldest event on the queue, without updates that are not due if those are known. */
  readonly oldestSeconds?: number | undefined;
  /**
   * Updates on the queue that are not due yet. `undefined` for a deployed stage: SQS does not know why
   * a message is not visible.
   */
  readonly updatesNotDue?: number | undefined;
  /**
   * Ticks on the queue, which are no events. Those of a deployed stage are estimated: see
   * `ticks.ts`.
   */
  readonly ticks?: number | undefined;
  /** `undefined` for the local bridge, which has none. */
  readonly alarms?: readonly AlarmState[] | undefined;
}

/** Settings of the stage that the answer depends on. */
export interface StageSettings {
  /** An update waits for up to twice this although everything works. */
  readonly updateIntervalSeconds: number;
  /** Age from which an event is late. */
  readonly lateSeconds: number;
  /** Rate limit per integration key. */
  readonly callsPerMinute: number;
  /** Days after which SQS deletes a dead letter. */
  readonly retentionDays: number;
}

/** The settings of a stage that the answer depends on. */
export function settingsOf({ delivery, alarms, queue }: StageConfig): StageSettings {
  return {
    updateIntervalSeconds: delivery.updateIntervalSeconds,
    lateSeconds: alarms.deliveryDelaySeconds,
    callsPerMinute: delivery.callsPerMinute,
    retentionDays: queue.retentionDays,
  };
}

/** When a dead letter counts as recent, and when as deleted soon, milliseconds since 1970. */
export function deadLetterTimes(now: number, retentionDays: number) {
  return {
    recentSince: now - RECENT_MINUTES * 60_000,
    oldUntil: now - (retentionDays - DELETED_SOON_DAYS) * 86_400_000,
  };
}

/** Facts that the answer depends on. */
export interface VerdictFacts extends StageMetrics, StageSettings {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Longest delay of the figures, minutes; 0 for the local bridge. */
  readonly delayMinutes: number;
  readonly keys: readonly ServiceKey[];
  /** Events on the queue: ready, in flight or delayed; without updates that are known not to be due. */
  readonly waiting: number;
  readonly deadLetters: {
    readonly count: number;
    /** Those of the last {@link RECENT_MINUTES}, as far as they were read. */
    readonly recent: number;
    /** Those that SQS deletes within {@link DELETED_SOON_DAYS}, as far as they were read. */
    readonly old: number;
  };
}

/** The facts, and what follows from them for every rule. */
export interface Known extends VerdictFacts {
  readonly points: readonly Point[];
  readonly calls: Calls;
  readonly oldestWait: OldestWait | undefined;
}

/** Subject of a finding. Only the gravest finding of each is shown. */
type Topic = 'delivery' | 'keys' | 'ingest' | 'types' | 'deadLetters' | 'alarms' | 'none';

/** Something that a rule found. */
export interface Finding {
  readonly topic: Topic;
  readonly answer: 'yes' | 'late' | 'partly' | 'no' | 'unknown';
  /** Without a full stop at the end. */
  readonly sentence: string;
  /** The same, in short, behind a headline about something else. */
  readonly also: string;
  /** Alarms that say the same. */
  readonly alarms?: readonly string[];
  /** What becomes of events that are replayed now, such as `some may wait`. Only about delivery. */
  readonly ifReplayed?: string;
}

/** Finds one thing, or nothing. */
export type Rule = (known: Known) => Finding | undefined;

/** Age up to which something counts as recent, minutes. */
export const RECENT_MINUTES = 15;

/** Days before SQS deletes a dead letter, from which `status` warns. */
export const DELETED_SOON_DAYS = 4;

/** `1 event`, `2 events`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/**
 * A time of today as `16:02 UTC`, of another day with its date; where that is not the local time also
 * `16:02 UTC (18:02 here)`.
 */
export function timeText(at: number, now: number): string {
  const iso = new Date(at).toISOString();
  const isToday = iso.slice(0, 10) === new Date(now).toISOString().slice(0, 10);
  const isUtc = new Date(at).getTimezoneOffset() === 0;
  const here = isUtc ? '' : ` (${formatLocalTime(at, now)} here)`;
  return `${isToday ? '' : `${iso.slice(0, 10)} `}${iso.slice(11, 16)} UTC${here}`;
}

/** `16:02 UTC, 9 min ago`. */
export function agoText(at: number, now: number): string {
  return `${timeText(at, now)}, ${formatDuration(now - at)} ago`;
}

/** `5 events wait, the oldest for 9 min`. */
export function waitingText({
  waiting,
  oldestSeconds,
}: Pick<Known, 'waiting' | 'oldestSeconds'>): string {
  if (waiting === 0) return 'no event waits';
  const wait = `${plural(waiting, 'event')} wait${waiting === 1 ? 's' : ''}`;
  return oldestSeconds === undefined
    ? wait
    : `${wait}, the oldest for ${formatDuration(oldestSeconds * 1_000)}`;
}

/** What the oldest event waits for: `, for PagerDuty`; empty if that is not known. */
export function causeText({ oldestWait, waiting }: Pick<Known, 'oldestWait' | 'waiting'>): string {
  return oldestWait === undefined || waiting === 0 ? '' : `, for ${oldestWait.cause}`;
}

/** Since when an alarm is in ALARM state, milliseconds since 1970; `undefined` if it is not. */
export function alarmSince({ alarms = [] }: StageMetrics, name: string): number | undefined {
  const alarm = alarms.find((one) => one.name === name && one.state === 'ALARM');
  if (alarm === undefined) return undefined;
  return alarm.since === null ? -Infinity : Date.parse(alarm.since);
}
