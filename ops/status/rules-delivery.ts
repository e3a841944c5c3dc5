/** Rules about what keeps accepted events from PagerDuty. Pure. */

import { formatDuration } from '../../lambda/shared/duration.ts';
import { lastOf, sumOf } from './counters.ts';
import { finding } from './delivery-finding.ts';
import {
  agoText,
  alarmSince,
  causeText,
  type Finding,
  type Known,
  type Rule,
  timeText,
  waitingText,
} from './facts.ts';
import { isAnyWaitingForKey, KEY_ATTEMPTS, setKey } from './rules-keys.ts';

const MINUTE = 60_000;

/** Age below which an event is still on its way, seconds. */
const PROMPT_SECONDS = 5;

/** Time without a success after which waiting events are not getting out, milliseconds. */
const STUCK_AFTER = 5 * MINUTE;

/** Time after which a missing tick is not only late, milliseconds, beside the delay of the figures. */
const TICK_IS_LATE = 2 * MINUTE;

/** Time over which the rate of delivery is measured, milliseconds. */
const RATE_SPAN = 3 * MINUTE;

/** Where the steps of an outage are. */
const UNAVAILABLE = 'See docs/runbook.md#pagerduty-unavailable';

/** Where the steps are if the newest calls were refused: by their status, after an outage. */
const REFUSING = 'See docs/runbook.md#pagerduty-refusing';

/** Statuses with which PagerDuty refuses an event. */
const REFUSALS: ReadonlySet<number> = new Set([400, 413]);

/** What PagerDuty does to every call, by the status of the newest one. */
function outageText({ calls }: Known): string {
  if (calls.status === 0) return 'PagerDuty does not answer';
  if (calls.status === 429) return 'PagerDuty answers 429 (too many calls)';
  return `PagerDuty answers ${calls.status}`;
}

/** `Since 15:56 UTC`, or that it began before the figures. */
function sinceText({ calls, points, now, since }: Known): string {
  const { failingSince = now, lastOut } = calls;
  const isWholeSpan =
    lastOut === undefined && since !== undefined && failingSince - since < 10 * MINUTE;
  return isWholeSpan && points.length > 0 && now - since > 60 * MINUTE
    ? `for ${formatDuration(now - since)} or longer`
    : `since ${timeText(failingSince, now)}`;
}

/** What becomes of replayed events while PagerDuty refuses all. */
const REFUSED = 'they become dead letters again unless the cause is fixed first';

/** PagerDuty refuses every call: a revoked key, or events that it cannot take. */
function refusing(known: Known): Finding {
  const { calls, points, waiting } = known;
  const when = sinceText(known);
  const isAboutKey = waiting > 0 && sumOf(points, 'keyMissing', calls.failingSince) > 0;
  if (!isAboutKey) {
    const reason = `PagerDuty refuses every event ${when}`;
    return finding('no', `${reason}. See why with: ./bridge dlq list`, reason, REFUSED);
  }
  if (calls.isOnlyOneKey) return refusingOne(known);
  const reason = `PagerDuty refuses the integration key ${when}`;
  return finding(
    'no',
    `${reason}; ${waitingText(known)}. Replace it with: ${setKey(known)}`,
    reason,
  );
}

function refusingOne(known: Known): Finding {
  const reason = 'PagerDuty refuses the integration key of a service, and others work';
  const help = `Find it with: ./bridge keys check. Replace it with: ${setKey(known)}`;
  return finding(
    'partly',
    `${reason}; ${waitingText(known)}. ${help}`,
    reason,
    'those of it will wait',
  );
}

/** PagerDuty refuses the key of one service, and the calls of others succeed. */
export const oneRefused: Rule = (known) => {
  const { calls, points, now } = known;
  if (calls.state === 'down' || !isAnyWaitingForKey(known)) return undefined;
  return sumOf(points, 'refused', now - KEY_ATTEMPTS) > 0 ? refusingOne(known) : undefined;
};

/** No call gets out. */
export const down: Rule = (known) => {
  const { calls } = known;
  if (calls.state !== 'down') return undefined;
  if (calls.refused > 0 && calls.refused === calls.failed) return refusing(known);
  const reason = `${outageText(known)} ${sinceText(known)}`;
  const keep = known.waiting > 0 ? '. They are kept, and go out when it is back' : '';
  const help = calls.refused > 0 && REFUSALS.has(calls.status) ? REFUSING : UNAVAILABLE;
  return finding('no', `${reason}; ${waitingText(known)}${keep}. ${help}`, reason);
};

/** The alarm knows of an outage before the figures do. */
export const alarmedOutage: Rule = (known) => {
  const { calls, waiting, now } = known;
  const since = alarmSince(known, 'PagerDutyUnavailable');
  if (since === undefined || waiting === 0 || calls.state === 'down') return undefined;
  if (calls.lastOut !== undefined && calls.lastOut >= since - STUCK_AFTER) return undefined;
  const when = Number.isFinite(since) ? ` since ${timeText(since, now)}` : '';
  const reason = `calls to PagerDuty fail. Alarm PagerDutyUnavailable${when}`;
  return finding('no', `${reason}; ${waitingText(known)}. ${UNAVAILABLE}`, reason);
};

/** Delivery does not run. */
export const silent: Rule = (known) => {
  const { points, now, delayMinutes, hasTicks, since = 0 } = known;
  if (hasTicks !== true) return undefined;
  const until = now - delayMinutes * MINUTE - TICK_IS_LATE;
  const lastSign = lastOf(
    points,
    ...(['ticks', 'delivered', 'deduplicated', 'resolved', 'unavailable', 'refused'] as const),
  );
  if (since > until || (lastSign ?? since) > until) return undefined;
  const when =
    lastSign === undefined
      ? `for ${formatDuration(now - since)}`
      : `since ${timeText(lastSign, now)}`;
  const isSent = points.some(({ at, ticksSent }) => at > (lastSign ?? since) && ticksSent > 0);
  const why = isSent
    ? 'it does not take the ticks that are sent'
    : 'no tick is sent any more, or the stage was deployed a moment ago';
  const reason = `delivery is silent ${when}: ${why}`;
  return finding(
    'no',
    `${reason}; ${waitingText(known)}. See docs/runbook.md#delivery-silent`,
    reason,
  );
};

/** Events are older than they may be. */
export const stuck: Rule = (known) => {
  const { calls, waiting, oldestSeconds = 0, updateIntervalSeconds, lateSeconds, now } = known;
  const isLate = oldestSeconds >= Math.max(lateSeconds, 2 * updateIntervalSeconds);
  if (waiting === 0 || !isLate || isAnyWaitingForKey(known)) return undefined;
  const { lastPage } = calls;
  const wait = `${waitingText(known)}${causeText(known)}`;
  if (lastPage !== undefined && now - lastPage < STUCK_AFTER) {
    return finding('late', `${wait}; ${pacedText(known) ?? 'others get out'}`);
  }
  const last =
    lastPage === undefined ? 'none got out' : `the last page got out at ${agoText(lastPage, now)}`;
  const help = 'See docs/runbook.md#delivery-delay';
  return finding('no', `${wait}, and ${last}. ${help}`, waitingText(known));
};

/** Calls fail, but not all of them, or not for long. */
export const struggling: Rule = (known) => {
  const { calls, waiting, now } = known;
  const { state, recent, lastOut = now } = calls;
  if (state === 'mixed') {
    const reason = `PagerDuty fails at times: ${recent.failed} of ${recent.calls} calls in the last 10 min`;
    return finding('late', `${reason}; ${waitingText(known)}`, reason);
  }
  if (waiting === 0) return undefined;
  if (state === 'failing') {
    const reason = `${outageText(known)} since ${timeText(calls.failingSince ?? now, now)}`;
    return finding('late', `${reason}, and is tried again; ${waitingText(known)}`, reason);
  }
  if (state !== 'recovered') return undefined;
  const reason = `PagerDuty accepts calls again, the last one at ${timeText(lastOut, now)}`;
  const pace = pacedText(known);
  const sentence = `${reason}; ${waitingText(known)}${pace === undefined ? '' : `; ${pace}`}`;
  return finding('late', sentence, reason);
};

/** Between two attempts nothing fails and nothing gets out; the answer must not be yes. */
export const waitingForRetry: Rule = (known) => {
  const { calls, waiting, oldestSeconds, delayMinutes, updateIntervalSeconds, now } = known;
  if (waiting === 0 || (oldestSeconds ?? PROMPT_SECONDS) < PROMPT_SECONDS) return undefined;
  if (isAnyWaitingForKey(known)) return undefined;
  // What waits on a deployed stage may be updates that are not due.
  const quiet =
    delayMinutes === 0 ? MINUTE : 2 * updateIntervalSeconds * 1_000 + delayMinutes * MINUTE;
  if (calls.lastOut !== undefined && now - calls.lastOut < quiet) return undefined;
  return finding(
    'late',
    `${waitingText(known)}, and none got out in the last ${formatDuration(quiet)}. The bridge tries them again`,
    waitingText(known),
  );
};

/**
 * Rate of delivery and the time until the queue is empty, while the rate limit paces the calls.
 * `undefined` while it does not.
 */
export function pacedText(known: Known): string | undefined {
  const { points, now, delayMinutes, waiting, callsPerMinute } = known;
  // Without the minutes whose figures may be incomplete.
  const until = now - delayMinutes * MINUTE;
  const span = points.filter(({ at }) => at >= until - RATE_SPAN && at < until);
  const minutes = RATE_SPAN / MINUTE;
  const calls = sumOf(span, 'delivered') / minutes;
  if (waiting === 0 || calls < callsPerMinute / 2) return undefined;
  const events = Math.round(calls + sumOf(span, 'deduplicated') / minutes);
  const left = Math.max(1, Math.ceil(waiting / events));
  return `the rate limit paces them: about ${events} per minute get out, done in about ${left} min`;
}
