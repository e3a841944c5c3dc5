import type { CallConcurrency } from './admission/concurrency.ts';
import type { BatchRun, KeyRun } from './batch-run.ts';
import type { Candidate } from './candidate.ts';
import { forgetNewestUnsent, subjectStateOf } from './instance-state.ts';
import { updateDueIn } from './notification.ts';
import { admissionWait, type Attempt, makeCall, recordNotification } from './attempt.ts';
import { incidentKeyOf } from './subject.ts';

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
  const due = [...run.context.state.newestUnsent].filter(([subjectKey]) =>
    isFinalUpdateDue(subjectKey, keyRun, run),
  );
  await Promise.all(
    due.map(async ([subjectKey, latest]) => {
      const release = await concurrency.acquire(keyRun.integrationKey);
      try {
        await sendFinalUpdate(attemptOf(subjectKey, latest, keyRun, run), run);
      } finally {
        release();
      }
    }),
  );
}

async function sendFinalUpdate(attempt: Attempt, run: BatchRun): Promise<void> {
  if (admissionWait(attempt, 'update', run) !== undefined) return;
  const call = await makeCall(attempt, 'update', run, []);
  if (call.outcome.kind === 'delivered') recordNotification(attempt, call, run);
  if (call.outcome.kind === 'rejected') forgetNewestUnsent(run.context.state, attempt.subject.key);
}

/**
 * True if the final update of a subject has to be sent now. There is none while one of its events
 * still waits, or when PagerDuty was notified of every event that this instance knows.
 */
function isFinalUpdateDue(
  subjectKey: string,
  { integrationKey }: KeyRun,
  { context }: BatchRun,
): boolean {
  const now = context.now();
  const { settings, state } = context;
  const {
    notification,
    waiting = [],
    deduplicatedIntoWaiting,
  } = state.subjects.get(subjectKey) ?? {};
  if (deduplicatedIntoWaiting === undefined || notification?.integrationKey !== integrationKey)
    return false;
  if (waiting.some(({ invisibleUntil }) => invisibleUntil > now)) return false;
  const updateInterval = settings.updateIntervalSeconds * 1000;
  const isDue = updateDueIn(notification, updateInterval, 0, now) === 0;
  return isDue && now < notification.began + 1.25 * updateInterval;
}

function attemptOf(
  subjectKey: string,
  latest: Candidate,
  keyRun: KeyRun,
  { context }: BatchRun,
): Attempt {
  return {
    subject: {
      key: subjectKey,
      incidentKey: incidentKeyOf(latest),
      service: latest.service,
      events: [latest],
    },
    state: subjectStateOf(context.state, subjectKey),
    keyRun,
    events: [latest],
    mayUseNewestUnsent: false,
    hasNewKey: false,
    triedOlder: false,
  };
}
