import { urgency } from '../../pagerduty/severity.ts';
import type { Attempt, AttemptedCall } from '../attempt.ts';
import type { BatchRun } from '../batch-run.ts';
import type { Candidate } from '../candidate.ts';
import { MAX_BODY_BYTES, setNewest } from '../instance-state.ts';
import { rememberedFor } from '../notification.ts';
import type { Postponed } from './postpone.ts';
import type { UnrecordedCall } from './state.ts';
import { pauseTable } from './table-failure.ts';

/** The severity of an incident is recorded again after this many update intervals. */
const RENEW_SEVERITY_AFTER = 10;

/** Calls that the table does not know and that one instance remembers. */
const MAX_UNRECORDED = 1_000;

/** Remembers an accepted call that the table does not know; the oldest one is forgotten first. */
function rememberUnrecorded(
  unrecorded: Map<string, UnrecordedCall>,
  subjectKey: string,
  event: Candidate,
): void {
  // A larger body would fill the memory of the function in a long failure of the table.
  if (Buffer.byteLength(event.message.body) > MAX_BODY_BYTES) return;
  setNewest(unrecorded, subjectKey, { event, mustSend: false });
  for (const oldest of unrecorded.keys()) {
    if (unrecorded.size <= MAX_UNRECORDED) break;
    unrecorded.delete(oldest);
  }
}

/**
 * Records an accepted call: its severity, so that the other instance says no lower one, and that
 * the table does not know of it yet, if it could not be reached before.
 */
export async function recordAcceptedCall(
  { subject }: Pick<Attempt, 'subject'>,
  { content, startedAt }: AttemptedCall,
  postponed: Postponed,
  run: BatchRun,
): Promise<void> {
  const { openIncidents: table, state, settings } = run.context;
  const known = state.openIncidents;
  const { incidentKey } = subject;
  if (table === undefined || postponed === 'off') return;
  if (postponed === 'failed') {
    rememberUnrecorded(known.unrecorded, subject.key, content.latest);
    return;
  }
  known.unrecorded.delete(subject.key);
  const updateInterval = settings.updateIntervalSeconds * 1000;
  const forgottenBefore = startedAt - rememberedFor(updateInterval);
  const recorded = known.severities.get(incidentKey);
  const { ownSeverity } = content;
  if (recorded !== undefined && recorded.at >= forgottenBefore) {
    const difference = urgency(ownSeverity) - urgency(recorded.severity);
    const isFresh = startedAt - recorded.at < RENEW_SEVERITY_AFTER * updateInterval;
    if (difference < 0 || (difference === 0 && isFresh)) return;
  }
  try {
    await table.recordSeverity(incidentKey, ownSeverity, startedAt, forgottenBefore);
    setNewest(known.severities, incidentKey, { severity: ownSeverity, at: startedAt });
  } catch (error) {
    pauseTable(error, run);
  }
}
