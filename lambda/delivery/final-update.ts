import { describeError } from '../shared/log.ts';
import type { CallConcurrency } from './admission/concurrency.ts';
import type { BatchRun, KeyRun } from './batch-run.ts';
import { forgetNewestUnsent } from './instance-state.ts';
import { updateDueIn } from './notification.ts';
import { admissionWait, makeCall, ownAttempt, recordNotification } from './attempt.ts';
import { recordAcceptedCall } from './open-incidents/accepted-call.ts';
import { postponeResolve } from './open-incidents/postpone.ts';

/**
 * Sends the final updates that are due: updates for which no message will come back to this
 * instance.
 *
 * An instance deduplicates events into one that waits. It remembers their number and the newest of
 * them. If another instance receives the waiting event, it does not know them. So this instance
 * reports them itself, as soon as the next update of the subject is due.
 *
 * A final update is sent at most a quarter of the update interval late. Later, the incident may be
 * resolved, and the update would open it again although nothing new happened.
 */
export async function sendFinalUpdates(
  keyRun: KeyRun,
  concurrency: CallConcurrency,
  run: BatchRun,
): Promise<void> {
  const { finalUpdates } = keyRun.state;
  const due = [...finalUpdates].filter((subjectKey) => {
    const when = finalUpdateOf(subjectKey, keyRun, run);
    if (when === 'never') finalUpdates.delete(subjectKey);
    return when === 'now';
  });
  await Promise.all(
    due.map(async (subjectKey) => {
      const release = await concurrency.acquire(keyRun.integrationKey);
      try {
        await sendFinalUpdate(subjectKey, keyRun, run);
      } catch (error) {
        // The messages of the batch have ended. To throw here would return them to the queue.
        finalUpdates.delete(subjectKey);
        run.internalErrors.push(describeError(error));
      } finally {
        release();
      }
    }),
  );
}

async function sendFinalUpdate(subjectKey: string, keyRun: KeyRun, run: BatchRun): Promise<void> {
  const { state } = run.context;
  const latest = state.newestUnsent.get(subjectKey);
  if (latest === undefined) return;
  const attempt = ownAttempt(subjectKey, latest, keyRun, run);
  const postponed = await postponeResolve(attempt, keyRun.integrationKey, false, run);
  if (postponed === 'resolving' || postponed === 'out_of_time') return;
  // The incident has been resolved meanwhile: an update would open it again.
  if (attempt.state.notification === undefined) return;
  if (admissionWait(attempt, 'update', run) !== undefined) return;
  const call = await makeCall(attempt, 'update', run, []);
  if (call.outcome.kind === 'delivered') {
    recordNotification(attempt, call, run);
    await recordAcceptedCall(attempt, call, postponed, run);
  }
  if (call.outcome.kind === 'rejected') {
    forgetNewestUnsent(state, subjectKey);
    keyRun.state.finalUpdates.delete(subjectKey);
  }
}

/**
 * When to send the final update of a subject. Never if PagerDuty was notified of every event that
 * this instance knows, or if it is too late. Later if one of its events still waits.
 */
function finalUpdateOf(
  subjectKey: string,
  { integrationKey }: KeyRun,
  { context }: BatchRun,
): 'now' | 'later' | 'never' {
  const now = context.now();
  const { settings, state } = context;
  const {
    notification,
    waiting = [],
    deduplicatedIntoWaiting,
  } = state.subjects.get(subjectKey) ?? {};
  // It would open the incident of a test again.
  if (state.newestUnsent.get(subjectKey)?.event.isTest === true) return 'never';
  if (deduplicatedIntoWaiting === undefined || notification?.integrationKey !== integrationKey) {
    return 'never';
  }
  const updateInterval = settings.updateIntervalSeconds * 1000;
  if (now >= notification.began + 1.25 * updateInterval) return 'never';
  if (waiting.some(({ invisibleUntil }) => invisibleUntil > now)) return 'later';
  return updateDueIn(notification, updateInterval, 0, now) === 0 ? 'now' : 'later';
}
