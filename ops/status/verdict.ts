/** Answers "are my pages getting out?" from what is known. */

import { formatDuration } from '../../lambda/shared/duration.ts';
import type { ServiceKey } from '../keys/integration-keys-secret.ts';

/** What happened lately, in events and calls. */
export interface Recent {
  /** How long "lately" is, in words that end a sentence: `in the last 15 min`. */
  readonly span: string;
  /** Whether that is short enough to tell how things are now. */
  readonly isNow: boolean;
  readonly accepted: number;
  readonly delivered: number;
  readonly deduplicated: number;
  readonly deadLettered: number;
  /** Calls that PagerDuty refused. */
  readonly refused: number;
  /** Calls that PagerDuty throttled, or that did not reach it. */
  readonly unavailable: number;
}

/** An alarm of the stage. */
export interface AlarmState {
  readonly name: string;
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  /** Since when, ISO 8601. */
  readonly since: string | undefined;
  /** Where the runbook tells what to do. */
  readonly runbook: string | undefined;
}

/** What the answer depends on. */
export interface VerdictFacts {
  readonly keys: readonly ServiceKey[];
  /** Events on the queue, whether ready, in flight or deferred. */
  readonly waiting: number;
  /** Age of the oldest of them, seconds; `undefined` when it is not known. */
  readonly oldestSeconds?: number | undefined;
  /** `undefined` when it is not known. */
  readonly recent?: Recent | undefined;
  readonly deadLetters: number;
  /** Those of them that died lately, as far as they were looked at. */
  readonly freshDeadLetters: number;
  /** `undefined` when they are not known, or when there are none, as on this machine. */
  readonly alarms?: readonly AlarmState[] | undefined;
}

/** The answer, and why. */
export interface Verdict {
  readonly answer: 'yes' | 'late' | 'partly' | 'no' | 'unknown';
  readonly sentence: string;
}

/** From this age on, seconds, an event that waits counts as late: the stage's alarm has the same default. */
const LATE_SECONDS = 300;

/** Until this age, seconds, an event may just be on its way. */
const PROMPT_SECONDS = 5;

/** How long ago a letter may have died to count as news, minutes. */
export const FRESH_MINUTES = 15;

type Rule = (facts: VerdictFacts) => Verdict | undefined;

function events(count: number): string {
  return `${count} event${count === 1 ? '' : 's'}`;
}

function waitingText({ waiting, oldestSeconds }: VerdictFacts): string {
  const wait = `${events(waiting)} wait${waiting === 1 ? 's' : ''}`;
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
    sentence: `PagerDuty could not be reached or throttles, ${recent.unavailable} times ${recent.span}; ${waitingText(facts)}. They are kept and go out when it is back`,
  };
};

const stuck: Rule = (facts) => {
  const { recent, waiting, oldestSeconds = 0 } = facts;
  if (waiting === 0 || oldestSeconds < LATE_SECONDS) return undefined;
  if (recent !== undefined && recent.delivered > 0) {
    return {
      answer: 'late',
      sentence: `${waitingText(facts)}; ${recent.delivered} were delivered ${recent.span}`,
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

const losing: Rule = ({ freshDeadLetters, recent }) => {
  if (freshDeadLetters === 0) return undefined;
  const died = `${freshDeadLetters === 1 ? '1 event became a dead letter' : `${freshDeadLetters} events became dead letters`} in the last ${FRESH_MINUTES} min and ${freshDeadLetters === 1 ? 'waits' : 'wait'} for you; see: dlq list`;
  return recent?.isNow === true && recent.delivered + recent.deduplicated > 0
    ? {
        answer: 'partly',
        sentence: `${died}. ${recent.delivered + recent.deduplicated} got out ${recent.span}`,
      }
    : { answer: 'partly', sentence: died };
};

const struggling: Rule = (facts) => {
  const { recent, waiting } = facts;
  if (recent?.isNow !== true || recent.unavailable === 0 || waiting === 0) return undefined;
  return {
    answer: 'late',
    sentence: `PagerDuty throttles or fails at times, ${recent.unavailable} times ${recent.span}; ${waitingText(facts)}, ${recent.delivered} were delivered`,
  };
};

/** Between two tries nothing fails and nothing gets out; that is no reason to say that all is well. */
const waitingOn: Rule = (facts) => {
  const { recent, waiting, oldestSeconds = 0 } = facts;
  if (recent?.isNow !== true || waiting === 0 || oldestSeconds < PROMPT_SECONDS) return undefined;
  if (recent.delivered + recent.deduplicated > 0) return undefined;
  return {
    answer: 'late',
    sentence: `${waitingText(facts)}, and none got out ${recent.span}. They are tried again by themselves`,
  };
};

const ringing: Rule = ({ alarms = [] }) => {
  const names = alarms.filter(({ state }) => state === 'ALARM').map(({ name }) => name);
  // Dead letters of the past are no reason to doubt the present.
  const others = names.filter((name) => name !== 'DeadLetters');
  if (others.length === 0) return undefined;
  return {
    answer: 'partly',
    sentence: `as far as the queues tell, but alarms ring: ${others.join(', ')}`,
  };
};

const fine: Rule = (facts) => {
  const { recent, waiting, deadLetters } = facts;
  const letters =
    deadLetters > 0 ? `; ${deadLetters} dead letter${deadLetters === 1 ? '' : 's'} to look at` : '';
  if (recent === undefined) {
    return waiting === 0
      ? { answer: 'yes', sentence: `no event waits${letters}` }
      : { answer: 'unknown', sentence: `${waitingText(facts)}${letters}` };
  }
  const out = recent.delivered + recent.deduplicated;
  const done = out === 0 ? `no event came ${recent.span}` : `${events(out)} got out ${recent.span}`;
  return {
    answer: 'yes',
    sentence: `${done}, ${waiting === 0 ? 'none waits' : waitingText(facts)}${letters}`,
  };
};

/** In the order in which they matter: the first that applies answers. */
const RULES: readonly Rule[] = [
  noKeys,
  unreachable,
  stuck,
  losing,
  someKeys,
  struggling,
  waitingOn,
  ringing,
  fine,
];

/** Answers from the worst to the best: what keeps all pages in comes before what delays some. */
export function verdict(facts: VerdictFacts): Verdict {
  for (const rule of RULES) {
    const answer = rule(facts);
    if (answer !== undefined) return answer;
  }
  return { answer: 'unknown', sentence: waitingText(facts) };
}
