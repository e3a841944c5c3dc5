/** Answers "are my pages getting out?" from facts. Pure. */

import { formatDuration } from '../../lambda/shared/duration.ts';
import { callsOf } from './calls.ts';
import { lastOf, sumOf } from './counters.ts';
import {
  agoText,
  DELETED_SOON_DAYS,
  type Finding,
  type Known,
  plural,
  RECENT_MINUTES,
  type Rule,
  timeText,
  type VerdictFacts,
  waitingText,
} from './facts.ts';
import { oldestSecondsOf, oldestWaitOf } from './levels.ts';
import {
  alarmedOutage,
  down,
  oneRefused,
  pacedText,
  silent,
  struggling,
  stuck,
  waitingForRetry,
} from './rules-delivery.ts';
import { INGEST_RULES } from './rules-ingest.ts';
import { noKeys, someKeys } from './rules-keys.ts';

/** The answer, with the reason. */
export interface Verdict {
  readonly answer: Finding['answer'];
  /** Without a full stop at the end. */
  readonly sentence: string;
  /** Everything that was found, the gravest first. */
  readonly findings: readonly Finding[];
}

/** The answers as words. */
export const ANSWER_WORDS: Readonly<Record<Verdict['answer'], string>> = {
  yes: 'YES',
  late: 'LATE',
  partly: 'NOT ALL',
  no: 'NO',
  unknown: 'UNKNOWN',
};

const MINUTE = 60_000;

/** Alarms whose subject the dead letters themselves show. */
const ABOUT_DEAD_LETTERS = /DeadLetter/;

/** Alarms about calls to PagerDuty: the figures show sooner than they that it is over. */
const ABOUT_CALLS = new Set(['PagerDutyUnavailable', 'PagerDutyRefusing', 'DeliveryDelay']);

const oldDeadLetters: Rule = ({ deadLetters: { old }, retentionDays }) => {
  if (old === 0) return undefined;
  const [are, them] = old === 1 ? ['is', 'it'] : ['are', 'them'];
  const reason = `${plural(old, 'dead letter')} ${are} older than ${retentionDays - DELETED_SOON_DAYS} days, and SQS deletes ${them} at ${retentionDays} days`;
  const sentence = `${reason}. Keep ${them} with: ./bridge dlq export --output FILE`;
  return { topic: 'deadLetters', answer: 'partly', sentence, also: reason };
};

const newDeadLetters: Rule = ({ deadLetters: { recent, count } }) => {
  if (recent === 0) return undefined;
  const reason = `${plural(recent, 'event')} became ${recent === 1 ? 'a dead letter' : 'dead letters'} in the last ${RECENT_MINUTES} min`;
  return {
    topic: 'deadLetters',
    answer: 'partly',
    sentence: `${reason} and ${recent === 1 ? 'waits' : 'wait'} for you. See why with: ./bridge dlq list`,
    also: plural(count, 'dead letter'),
  };
};

/** Alarms that no other finding explains. */
function alarmed(
  { alarms = [], calls, waiting, now }: Known,
  explained: readonly string[],
): Finding | undefined {
  const active = alarms.filter(({ name, state, since }) => {
    if (state !== 'ALARM' || ABOUT_DEAD_LETTERS.test(name) || explained.includes(name))
      return false;
    const isOver =
      ABOUT_CALLS.has(name) &&
      waiting === 0 &&
      (calls.state === 'good' || calls.state === 'recovered') &&
      calls.lastOut !== undefined &&
      (since === null || calls.lastOut > Date.parse(since));
    return !isOver;
  });
  const [first] = active;
  if (first === undefined) return undefined;
  const names = active
    .map(({ name, since }) =>
      since === null ? name : `${name} since ${timeText(Date.parse(since), now)}`,
    )
    .join(', ');
  const help = first.runbook === null ? '' : `. See ${first.runbook}`;
  const reason = `${active.length === 1 ? 'alarm' : 'alarms'} ${names}`;
  return { topic: 'alarms', answer: 'partly', sentence: `${reason}${help}`, also: reason };
}

/** Rules that need no figures. */
const WITHOUT_FIGURES: readonly Rule[] = [noKeys, newDeadLetters, someKeys, oldDeadLetters];

/** In the order of their weight: among findings with the same answer, the first is the headline. */
const RULES: readonly Rule[] = [
  noKeys,
  down,
  alarmedOutage,
  silent,
  stuck,
  oneRefused,
  ...INGEST_RULES,
  newDeadLetters,
  someKeys,
  struggling,
  waitingForRetry,
  oldDeadLetters,
];

/** The gravest first. */
const ANSWERS: readonly Finding['answer'][] = ['no', 'partly', 'late', 'unknown', 'yes'];

/** What waits although everything works. */
function updatesText({ waiting, updatesNotDue, calls, now }: Known): string {
  if (updatesNotDue === undefined) {
    const isBusy = calls.lastPage !== undefined && now - calls.lastPage < RECENT_MINUTES * MINUTE;
    return waiting > 0 && isBusy ? '; some may be updates that are not due yet' : '';
  }
  if (updatesNotDue === 0) return '';
  return `; ${plural(updatesNotDue, 'update is', 'updates are')} not due yet`;
}

/** The last page, or that no event came. */
function lastText({ points, calls, now, delayMinutes, since = 0 }: Known): string {
  const from = now - RECENT_MINUTES * MINUTE;
  const isEmpty = sumOf(points, 'accepted', from) + sumOf(points, 'delivered', from) === 0;
  if (calls.lastPage === undefined) {
    const hasCome = lastOf(points, 'accepted') !== undefined;
    return `no ${hasCome ? 'page got out' : 'event came'} in the last ${formatDuration(now - since)}`;
  }
  const last = `the last page got out at ${agoText(calls.lastPage, now)}`;
  return isEmpty && delayMinutes === 0 ? `${last}; no event came since` : last;
}

/** Requests that routes ignore: on purpose, but an operator should see their number. */
function ignoredText({ points, now }: Known): string {
  const count = sumOf(points, 'ignoredByRoute', now - RECENT_MINUTES * MINUTE);
  return count === 0
    ? ''
    : `; routes ignored ${plural(count, 'event')} in the last ${RECENT_MINUTES} min`;
}

function fine(known: Known, hasFigures: boolean): Finding {
  const rest = `${updatesText(known)}${ignoredText(known)}`;
  if (!hasFigures) {
    const answer = known.waiting === 0 ? 'yes' : 'unknown';
    const sentence = `${waitingText(known)}${rest}`;
    return { topic: 'none', answer, sentence, also: sentence };
  }
  const { delayMinutes, waiting } = known;
  const paced = pacedText(known);
  const old =
    waiting > 0 && delayMinutes > 0 ? `. The figures are up to ${delayMinutes} min old` : '';
  const sentence =
    paced === undefined
      ? `${lastText(known)}; ${waitingText(known)}${rest}${old}`
      : `${waitingText(known)}; ${paced}`;
  return { topic: 'none', answer: 'yes', sentence, also: sentence };
}

/** The gravest has the least. */
function weight({ answer }: Finding): number {
  return ANSWERS.indexOf(answer);
}

/** The gravest finding of each topic, the gravest first. */
function gravest(found: readonly Finding[]): readonly Finding[] {
  const sorted = found.toSorted((a, b) => weight(a) - weight(b));
  return sorted.filter(
    ({ topic }, index) => sorted.findIndex((one) => one.topic === topic) === index,
  );
}

/** Answers from the facts. What stops all pages comes before what delays some. */
export function verdict(facts: VerdictFacts): Verdict {
  const { points = [], now, waiting, deadLetters } = facts;
  const oldestWait = oldestWaitOf(points, now, facts.delayMinutes);
  const known: Known = {
    ...facts,
    points,
    oldestWait,
    oldestSeconds: oldestSecondsOf(facts.oldestSeconds, oldestWait),
    calls: callsOf(points, now, waiting > 0, facts.delayMinutes * MINUTE),
  };
  const hasFigures = facts.points !== undefined;
  const found = (hasFigures ? RULES : WITHOUT_FIGURES).flatMap((rule) => rule(known) ?? []);
  const explained = found.flatMap(({ alarms = [] }) => alarms);
  const findings = gravest(
    [...found, alarmed(known, explained)].filter((one) => one !== undefined),
  );
  const [first = fine(known, hasFigures), ...others] = findings;
  const also = others.map((other) => other.also);
  if (deadLetters.count > 0 && !findings.some(({ topic }) => topic === 'deadLetters')) {
    also.push(plural(deadLetters.count, 'dead letter'));
  }
  return {
    answer: first.answer,
    sentence: [first.sentence, ...(also.length > 0 ? [`Also ${also.join('; ')}`] : [])].join('. '),
    findings: findings.length === 0 ? [first] : findings,
  };
}
