import type { CallConcurrency } from './admission/concurrency.ts';
import type { BatchRun, KeyRun } from './batch-run.ts';
import type { Candidate } from './candidate.ts';
import { forgetNewestUnsent, subjectStateOf } from './instance-state.ts';
import { updateDueIn } from './notification.ts';
import { admissionWait, type Attempt, makeCall, recordNotification } from './attempt.ts';
import { incidentKeyOf } from './subject.ts';

/**
 * Sends updates that no message of the batch asks for. An instance deduplicates events into one that
 * waits, and remembers their number and the newest of them. When another instance receives the
 * waiting one, only this instance knows the rest: it says it as soon as the update is due.
 *
 * An update that is more than an update interval late is not sent: the incident may be resolved by
 * then, and would open again although nothing new happened.
 */
export async function sendFinalUpdates(
  keyRun: KeyRun,
  places: CallConcurrency,
  run: BatchRun,
): Promise<void> {
  const due = [...run.context.state.newestUnsent].filter(([subjectKey]) =>
    isFinalUpdateDue(subjectKey, keyRun, run),
  );
  await Promise.all(
    due.map(async ([subjectKey, latest]) => {
      const end = await places.acquire(keyRun.integrationKey);
      try {
        await sendFinalUpdate(attemptOf(subjectKey, latest, keyRun, run), run);
      } finally {
        end();
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
 * Whether there is a last word about a subject, and now is the time for it. There is none while an
 * event of it still waits, or when this instance knows no more than what it has notified.
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
