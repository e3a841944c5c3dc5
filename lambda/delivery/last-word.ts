import type { CallPlaces } from './admission/call-places.ts';
import type { BatchRun, KeyRun } from './batch-run.ts';
import type { Candidate } from './candidate.ts';
import { forgetContent, subjectStateOf } from './instance-state.ts';
import { updateDueIn } from './notification.ts';
import { admission, type Attempt, makeCall, recordNotification } from './attempt.ts';
import { incidentKeyOf } from './subject.ts';
import { describeError } from '../shared/log.ts';

/**
 * Sends updates that no message of the batch asks for. An instance deduplicates events into one that
 * waits, and remembers their number and the newest of them. When another instance receives the
 * waiting one, only this instance knows the rest: it says it as soon as the update is due.
 *
 * An update that is more than an update interval late is not sent: the incident may be resolved by
 * then, and would open again although nothing new happened.
 */
export async function sendLastWords(
  keyRun: KeyRun,
  places: CallPlaces,
  run: BatchRun,
): Promise<void> {
  const { lastWords } = keyRun.state;
  const due = [...lastWords].filter((subjectKey) => {
    const when = lastWordOf(subjectKey, keyRun, run);
    if (when === 'never') lastWords.delete(subjectKey);
    return when === 'now';
  });
  await Promise.all(
    due.map(async (subjectKey) => {
      const end = await places.take(keyRun.integrationKey);
      try {
        await sendLastWord(subjectKey, keyRun, run);
      } catch (error) {
        // The messages of the batch have ended. To throw here would return them to the queue.
        lastWords.delete(subjectKey);
        run.internalErrors.push(describeError(error));
      } finally {
        end();
      }
    }),
  );
}

async function sendLastWord(subjectKey: string, keyRun: KeyRun, run: BatchRun): Promise<void> {
  const { state } = run.context;
  const latest = state.contents.get(subjectKey);
  if (latest === undefined) return;
  const attempt = attemptOf(subjectKey, latest, keyRun, run);
  if (admission(attempt, 'update', run) !== undefined) return;
  const call = await makeCall(attempt, 'update', run, []);
  if (call.outcome.kind === 'delivered') recordNotification(attempt, call, run);
  if (call.outcome.kind === 'rejected') {
    forgetContent(state, subjectKey);
    keyRun.state.lastWords.delete(subjectKey);
  }
}

/**
 * Whether there is a last word about a subject, and now is the time for it. There is none when this
 * instance knows no more than what it has notified, and none yet while an event of it still waits.
 */
function lastWordOf(
  subjectKey: string,
  { integrationKey }: KeyRun,
  { context }: BatchRun,
): 'now' | 'later' | 'never' {
  const now = context.now();
  const { settings, state } = context;
  const { notification, waiting = [], intoWaiting } = state.subjects.get(subjectKey) ?? {};
  if (intoWaiting === undefined || notification?.integrationKey !== integrationKey) return 'never';
  const updateInterval = settings.updateIntervalSeconds * 1000;
  if (now >= notification.began + 1.25 * updateInterval) return 'never';
  if (waiting.some(({ until }) => until > now)) return 'later';
  return updateDueIn(notification, updateInterval, 0, now) === 0 ? 'now' : 'later';
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
