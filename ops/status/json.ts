/** A status as JSON. */

import type { Calls } from './calls.ts';
import type { Status } from './gather.ts';
import type { Verdict } from './verdict.ts';

/** Names of the fields, for the help. */
export const STATUS_FIELDS = `JSON: stage, at, verdict (answer: yes, late, partly, no or unknown; sentence; findings: topic, answer,
sentence), queue (ready, inFlight, delayed, updatesNotDue, ticks, oldestSeconds), deadLetters (count,
reasons, recent, deletedSoon, sampled), keys (service, state, routed), recent (span, accepted,
delivered, deduplicated, deadLettered, refused, unavailable, resolved, keyMissing, ticks, ticksSent,
requestsRefused, unauthorized, unrouted, ignoredByRoute, ignoredByType, serverErrors, throttled,
unknownPaths), calls (state, lastPage, lastSuccess, failedSince, refusedSince, failingSince,
lastFailure, httpStatus), delayMinutes, alarms (name, state, since, runbook), hasAlarmReceiver,
problems. recent, calls, alarms and hasAlarmReceiver are null when they are not known. The numbers of
the queue are events; ticks has the messages that are none.`;

function timeJson(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString();
}

function callsJson(calls: Calls) {
  const { state, lastPage, lastOut, failed, refused, failingSince, lastFailed, status } = calls;
  return {
    state,
    lastPage: timeJson(lastPage),
    lastSuccess: timeJson(lastOut),
    failedSince: failed,
    refusedSince: refused,
    failingSince: timeJson(failingSince),
    lastFailure: timeJson(lastFailed),
    httpStatus: lastFailed === undefined || status === 0 ? null : status,
  };
}

/** A verdict without what only the commands need. */
function verdictJson({ answer, sentence, findings }: Verdict) {
  return {
    answer,
    sentence,
    findings: findings.map((finding) => ({
      topic: finding.topic,
      answer: finding.answer,
      sentence: finding.sentence,
    })),
  };
}

/** A status as one JSON document. Fields are added, never renamed. */
export function statusJson(status: Status) {
  const { stage, at, verdict, queue, oldestSeconds, updatesNotDue, ticks } = status;
  const { deadLetters, keys, alarms, problems } = status;
  const { recent, calls, delayMinutes, receivers } = status;
  return {
    stage,
    at: new Date(at).toISOString(),
    verdict: verdictJson(verdict),
    queue: {
      ready: queue.visible,
      inFlight: queue.inFlight,
      delayed: queue.delayed,
      updatesNotDue: updatesNotDue ?? null,
      ticks: ticks ?? null,
      oldestSeconds: oldestSeconds ?? null,
    },
    deadLetters: {
      count: deadLetters.count,
      reasons: Object.fromEntries(deadLetters.reasons.map(({ name, count }) => [name, count])),
      recent: deadLetters.recent,
      deletedSoon: deadLetters.old,
      sampled: deadLetters.sampled,
    },
    keys: keys.map(({ service, state, routed }) => ({ service, state, routed })),
    recent: recent ?? null,
    calls: calls === undefined ? null : callsJson(calls),
    delayMinutes,
    alarms: alarms ?? null,
    hasAlarmReceiver: receivers?.some(({ isConfirmed }) => isConfirmed) ?? null,
    problems,
  };
}
