import type { CallPlaces } from './admission/call-places.ts';
import type { BatchRun, KeyRun } from './batch-run.ts';
import type { Candidate } from './candidate.ts';
import { forgetContent, subjectStateOf } from './instance-state.ts';
import { updateDueIn } from './notification.ts';
import { admission, type Attempt, makeCall, recordNotification } from './attempt.ts';
import { incidentKeyOf } from './subject.ts';

/**
 * Sends updates that no message of the batch asks for. An instance deduplicates events into one that
 * waits, and remembers their number and the newest of them. When another instance receives the
 * waiting one, only this instance knows the rest: it says it as soon as the update is due.
 *
 * An update that is more than a quarter of the update interval late is not sent: the incident may be
 * resolved by then, and would open again although nothing new happened.
 */
export async function sendLastWords(
  keyRun: KeyRun,
  places: CallPlaces,
  run: BatchRun,
): Promise<void> {
  const due = [...run.context.state.contents].filter(([subjectKey]) =>
    isLastWordDue(subjectKey, keyRun, run),
  );
  await Promise.all(
    due.map(async ([subjectKey, latest]) => {
      const end = await places.take(keyRun.integrationKey);
      try {
        await sendLastWord(attemptOf(subjectKey, latest, keyRun, run), run);
      } finally {
        end();
      }
    }),
  );
}

async function sendLastWord(attempt: Attempt, run: BatchRun): Promise<void> {
  if (admission(attempt, 'update', run) !== undefined) return;
  const call = await makeCall(attempt, 'update', run, []);
  if (call.outcome.kind === 'delivered') recordNotification(attempt, call, run);
  if (call.outcome.kind === 'rejected') forgetContent(run.context.state, attempt.subject.key);
}

/**
 * Whether there is a last word about a subject, and now is the time for it. There is none while an
 * event of it still waits, or when this instance knows no more than what it has notified.
 */
function isLastWordDue(
  subjectKey: string,
  { integrationKey }: KeyRun,
  { context }: BatchRun,
): boolean {
  const now = context.now();
  const { settings, state } = context;
  const { notification, waiting = [], intoWaiting } = state.subjects.get(subjectKey) ?? {};
  if (intoWaiting === undefined || notification?.integrationKey !== integrationKey) return false;
  if (waiting.some(({ until }) => until > now)) return false;
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
    mayUseRemembered: false,
    hasNewKey: false,
    triedOlder: false,
  };
}
