import { urgency } from '../pagerduty/severity.ts';
import type { Severity } from '../shared/routes.ts';
import type { CallClass } from './admission/slots.ts';
import type { Candidate } from './candidate.ts';
import type { LastNotification } from './instance-state.ts';
import { newestAcceptedAt } from './waiting/decide-waiting.ts';

/** Largest difference between the clocks of two machines that is allowed for, milliseconds. */
export const CLOCK_MARGIN = 1_000;

/** Update intervals after which the incident may have been resolved, and another one opened. */
const REMEMBERED_INTERVALS = 30;

/**
 * How long this instance relies on the last notification and on the highest severity of an
 * incident.
 *
 * @param updateInterval milliseconds
 * @returns milliseconds
 */
export function rememberedFor(updateInterval: number): number {
  return REMEMBERED_INTERVALS * updateInterval;
}

/**
 * True if an accepted call stands for an event, so that the event needs no call of its own. The
 * call must have had the same or a higher severity, and one of these must be true:
 *
 * - The call began after the event was accepted, and after every event for which it may stand.
 * - The call was about this message, and no other instance has received the message since. Another
 *   instance may have deduplicated further events into it.
 *
 * @param deduplicationWindow see {@link deduplicationWindowOf}, milliseconds
 */
export function isNotified(
  candidate: Candidate,
  notification: LastNotification,
  deduplicationWindow: number,
): boolean {
  if (urgency(candidate.severity) > urgency(notification.severity)) return false;
  const { messageId, receiveCount } = candidate.message;
  const received = notification.messages.get(messageId);
  return (
    (received !== undefined && receiveCount <= received + 1) ||
    newestAcceptedAt(candidate, deduplicationWindow) <= notification.began - CLOCK_MARGIN
  );
}

/**
 * Class of the call that some events need. It is an update if this instance notified PagerDuty of
 * the subject within {@link rememberedFor}, with the same or a higher severity.
 *
 * @param severity the highest severity of the events
 * @param updateInterval milliseconds
 * @param now milliseconds since 1970
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

/**
 * How much too early an update may be sent, milliseconds; see {@link updateDueIn} for the reason.
 */
function updateSlack(updateInterval: number): number {
  return Math.min(4_000, updateInterval / 8);
}

/**
 * Time until the next update of a subject is due. Each event that waits for it comes back one
 * second before the event that waited already. So the newest event comes back first, and its call
 * stands for the others.
 *
 * @param updateInterval milliseconds
 * @param waiting number of events of the subject that wait already
 * @param now milliseconds since 1970
 * @returns milliseconds; 0 when the update is due
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
