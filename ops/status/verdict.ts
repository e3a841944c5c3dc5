/** Answers "are my pages getting out?" */

import { formatDuration } from '../../lambda/shared/duration.ts';
import type { ServiceKey } from '../keys/integration-keys-secret.ts';
import type { Counters } from './counters.ts';

/** What happened recently, in events and calls. */
export interface Recent extends Counters {
  /** How long "recently" is, in words that end a sentence: `in the last 15 min`. */
  readonly span: string;
  /** Whether that is short enough to describe the present. */
  readonly isNow: boolean;
}

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
  readonly recent?: Recent | undefined;
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

/** Facts that the answer depends on. */
export interface VerdictFacts extends StageMetrics {
  readonly keys: readonly ServiceKey[];
  /** Of the stage. An update waits for up to twice this although everything works. */
  readonly updateIntervalSeconds: number;
  /** Events on the queue: ready, in flight or delayed; without updates that are known not to be due. */
  readonly waiting: number;
  readonly deadLetters: number;
  /** Those of the last {@link RECENT_MINUTES}, as far as they were read. */
  readonly recentDeadLetters: number;
}

/** The answer, with the reason. */
export interface Verdict {
  readonly answer: 'yes' | 'late' | 'partly' | 'no' | 'unknown';
  readonly sentence: string;
}

/** Age from which an event counts as late, seconds. The stage's alarm has the same default. */
const LATE_SECONDS = 300;

/** Age below which an event is still on its way, seconds. */
const PROMPT_SECONDS = 5;

/** Age up to which a dead letter counts as recent, minutes. */
export const RECENT_MINUTES = 15;

type Rule = (facts: VerdictFacts) => Verdict | undefined;

function plural(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}

function waitingText({ waiting, oldestSeconds }: VerdictFacts): string {
  const wait = `${plural(waiting, 'event')} wait${waiting === 1 ? 's' : ''}`;
  return oldestSeconds === undefined || waiting === 0
    ? wait
    : `${wait}, the oldest for ${formatDuration(oldestSeconds * 1_000)}`;
}

const noKeys: Rule = ({ keys, ...facts }) => {
  const routed = keys.filter((key) => key.routed);
  if (routed.length === 0 || routed.some(({ state }) => state === 'set')) return undefined;
  return {
    answer: 'no',
    sentence: `no service has a usable integration key; ${waitingText({ keys, ...facts })}. Set them with: keys set SERVICE`,
  };
};

const unreachable: Rule = (facts) => {
  const { recent, waiting } = facts;
  if (recent?.isNow !== true || recent.unavailable === 0 || recent.delivered > 0) return undefined;
  if (waiting === 0) return undefined;
  return {
    answer: 'no',
    sentence: `PagerDuty could not be reached or throttles, ${plural(recent.unavailable, 'time')} ${recent.span}; ${waitingText(facts)}. They are kept and go out when it is back`,
  };
};

const stuck: Rule = (facts) => {
  const { recent, waiting, oldestSeconds = 0, updateIntervalSeconds } = facts;
  if (waiting === 0 || oldestSeconds < Math.max(LATE_SECONDS, 2 * updateIntervalSeconds)) {
    return undefined;
  }
  if (recent !== undefined && recent.delivered > 0) {
    return {
      answer: 'late',
      sentence: `${waitingText(facts)}; ${recent.delivered} ${recent.delivered === 1 ? 'was' : 'were'} delivered ${recent.span}`,
    };
  }
  return {
    answer: 'no',
    sentence: `${waitingText(facts)}, and none was seen to be delivered; look at the alarms and the delivery function's log`,
  };
};

const someKeys: Rule = ({ keys }) => {
  const bad = keys.filter(({ routed, state }) => routed && state !== 'set');
  if (bad.length === 0) return undefined;
  const names = bad.slice(0, 3).map(({ service }) => service);
  const others = bad.length > 3 ? ` and ${bad.length - 3} more` : '';
  return {
    answer: 'partly',
    sentence: `not for ${names.join(', ')}${others}: the integration key is missing or malformed. Set it with: keys set SERVICE`,
  };
};

const losing: Rule = ({ recentDeadLetters, recent }) => {
  if (recentDeadLetters === 0) return undefined;
  const [became, wait] =
    recentDeadLetters === 1
      ? ['1 event became a dead letter', 'waits']
      : [`${recentDeadLetters} events became dead letters`, 'wait'];
  const lost = `${became} in the last ${RECENT_MINUTES} min and ${wait} for you; see: dlq list`;
  const out = recent?.isNow === true ? recent.delivered + recent.deduplicated : 0;
  const sentence = out > 0 ? `${lost}. ${out} got out ${recent?.span ?? ''}` : lost;
  return { answer: 'partly', sentence };
};

const struggling: Rule = (facts) => {
  const { recent, waiting } = facts;
  if (recent?.isNow !== true || recent.unavailable === 0 || waiting === 0) return undefined;
  return {
    answer: 'late',
    sentence: `PagerDuty throttles or fails at times, ${plural(recent.unavailable, 'time')} ${recent.span}; ${waitingText(facts)}, ${recent.delivered} ${recent.delivered === 1 ? 'was' : 'were'} delivered`,
  };
};

/** Between two attempts nothing fails and nothing gets out; the answer must not be yes. */
const waitingForRetry: Rule = (facts) => {
  const { recent, waiting, oldestSeconds = 0 } = facts;
  if (recent?.isNow !== true || waiting === 0 || oldestSeconds < PROMPT_SECONDS) return undefined;
  if (recent.delivered + recent.deduplicated > 0) return undefined;
  return {
    answer: 'late',
    sentence: `${waitingText(facts)}, and none got out ${recent.span}. The bridge tries them again`,
  };
};

const alarmed: Rule = ({ alarms = [] }) => {
  const names = alarms.filter(({ state }) => state === 'ALARM').map(({ name }) => name);
  // Dead letters of the past say nothing about the present.
  const others = names.filter((name) => name !== 'DeadLetters');
  if (others.length === 0) return undefined;
  return {
    answer: 'partly',
    sentence: `the queues look fine, but in ALARM state: ${others.join(', ')}`,
  };
};

/** What waits although everything works. */
function updatesText({ waiting, updatesNotDue, recent }: VerdictFacts): string {
  if (updatesNotDue === undefined) {
    const mayBeUpdates = waiting > 0 && recent !== undefined && recent.delivered > 0;
    return mayBeUpdates ? '; some may be updates that are not due yet' : '';
  }
  if (updatesNotDue === 0) return '';
  return `; ${plural(updatesNotDue, 'update')} ${updatesNotDue === 1 ? 'is' : 'are'} not due yet`;
}

const fine: Rule = (facts) => {
  const { recent, waiting, deadLetters } = facts;
  const dead = deadLetters > 0 ? `; ${plural(deadLetters, 'dead letter')} to look at` : '';
  const rest = `${updatesText(facts)}${dead}`;
  if (recent === undefined) {
    return waiting === 0
      ? { answer: 'yes', sentence: `no event waits${rest}` }
      : { answer: 'unknown', sentence: `${waitingText(facts)}${rest}` };
  }
  const out = recent.delivered + recent.deduplicated;
  const done =
    out === 0 ? `no event came ${recent.span}` : `${plural(out, 'event')} got out ${recent.span}`;
  return {
    answer: 'yes',
    sentence: `${done}, ${waiting === 0 ? 'none waits' : waitingText(facts)}${rest}`,
  };
};

/** In the order of their weight: the first that applies answers. */
const RULES: readonly Rule[] = [
  noKeys,
  unreachable,
  stuck,
  losing,
  someKeys,
  struggling,
  waitingForRetry,
  alarmed,
  fine,
];

/** Answers from the facts. What stops all pages comes before what delays some. */
export function verdict(facts: VerdictFacts): Verdict {
  for (const rule of RULES) {
    const answer = rule(facts);
    if (answer !== undefined) return answer;
  }
  return { answer: 'unknown', sentence: waitingText(facts) };
}
