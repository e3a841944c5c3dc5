import {
  admissionWait,
  attemptClass,
  makeCall,
  ownAttempt,
  recordNotification,
} from '../attempt.ts';
import { type BatchRun, keyRunOf } from '../batch-run.ts';
import { setNewest } from '../instance-state.ts';
import { findKey } from '../keys/find-keys.ts';
import { recordAcceptedCall } from './accepted-call.ts';
import { postponeResolve } from './postpone.ts';

/** It begins no further call after this time, milliseconds: events of the batch wait for it. */
const MAX_TIME = 5_000;

/**
 * Records the accepted calls that the table does not know because it could not be reached. If the
 * table now says that the incident is not open, it may have been resolved in spite of the call. So
 * the event is sent once more: PagerDuty opens an incident, or adds one update to the open one.
 */
export async function recordMissedCalls(run: BatchRun): Promise<void> {
  const { state, now } = run.context;
  const { unrecorded } = state.openIncidents;
  const until = now() + MAX_TIME;
  for (const [subjectKey, call] of new Map(unrecorded)) {
    if (now() > until) return;
    const key = await findKey(call.event.service, run);
    if (key.kind === 'missing') continue;
    const attempt = ownAttempt(subjectKey, call.event, keyRunOf(run, key.key), run);
    const postponed = await postponeResolve(attempt, key.key, false, run);
    // The table still cannot be reached, so it is not called for the others either.
    if (postponed === 'failed' || postponed === 'out_of_time') return;
    if (postponed === 'resolving') continue;
    if (!call.mustSend && attempt.state.notification !== undefined) {
      unrecorded.delete(subjectKey);
      continue;
    }
    setNewest(unrecorded, subjectKey, { ...call, mustSend: true });
    const callClass = attemptClass(attempt, run);
    if (admissionWait(attempt, callClass, run) !== undefined) continue;
    const made = await makeCall(attempt, callClass, run);
    if (made.outcome.kind === 'retry') continue;
    // PagerDuty may accept a refused key again.
    if (made.outcome.kind === 'rejected' && made.outcome.aboutKey) continue;
    unrecorded.delete(subjectKey);
    if (made.outcome.kind === 'rejected') continue;
    recordNotification(attempt, made, run);
    await recordAcceptedCall(attempt, made, postponed, run);
  }
}
