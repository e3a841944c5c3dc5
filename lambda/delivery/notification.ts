import { urgency } from '../pagerduty/severity.ts';
import type { Severity } from '../shared/routes.ts';
import type { CallClass } from './admission/slots.ts';
import type { Candidate } from './candidate.ts';
import type { LastNotification } from './instance-state.ts';
import { newestAcceptedAt } from './waiting/decide-waiting.ts';

/** The clocks of two machines differ. A call counts as begun this much earlier, milliseconds. */
const CLOCK_MARGIN = 1_000;

/** After so many update intervals, PagerDuty's incident may be another one, or be closed. */
const REMEMBERED_INTERVALS = 30;

/** How long the last notification and the highest severity of an incident count, milliseconds. */
export function rememberedFor(updateInterval: number): number {
  return REMEMBERED_INTERVALS * updateInterval;
}

/**
 * Whether an accepted call stands for an event: it said no lower severity, and it began after the
 * event was accepted, or it was about this very message. A message that another instance may have
 * received since then does not count as the same: events may have been deduplicated into it there.
 *
 * @param span see `spanOf`
 */
export function isNotified(
  candidate: Candidate,
  notification: LastNotification,
  span: number,
): boolean {
  if (urgency(candidate.severity) > urgency(notification.severity)) return false;
  const { messageId, receiveCount } = candidate.message;
  const received = notification.messages.get(messageId);
  return (
    (received !== undefined && receiveCount <= received + 1) ||
    newestAcceptedAt(candidate, span) <= notification.began - CLOCK_MARGIN
  );
}

/**
 * Class of the call that some events need. It is an update when this instance has notified PagerDuty
 * of the subject at no lower severity, and not too long ago.
 *
 * @param severity the highest of the events
 * @param updateInterval milliseconds
 */
export function callClassOf(
  severity: Severity,
  notification: LastNotification | undefined,
  updateInterval: number,
  now: number,
): CallClass {
  const isUpdate =
    notification !== undefined &&
    urgency(severity) <= urgency(notification.severity) &&
    now - notification.began < rememberedFor(updateInterval);
  if (isUpdate) return 'update';
  return urgency(severity) >= urgency('error') ? 'high' : 'opener';
}

/** An update may be early by this much, milliseconds, so that the newest event comes back first. */
function updateSlack(updateInterval: number): number {
  return Math.min(4_000, updateInterval / 8);
}

/**
 * Time until the next update of a subject is due, milliseconds; 0 when it is. Each event that already
 * waits for it puts a newer one a second before itself: the newest then comes back first, and its
 * call stands for the others.
 *
 * @param updateInterval milliseconds
 * @param waiting number of events of the subject that wait
 */
export function updateDueIn(
  notification: LastNotification,
  updateInterval: number,
  waiting: number,
  now: number,
): number {
  const slack = updateSlack(updateInterval);
  const due = notification.began + updateInterval;
  if (now >= due - slack) return 0;
  return due - Math.min(slack, waiting * 1_000) - now;
}
