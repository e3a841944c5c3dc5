import { summaryOf } from '../../pagerduty/summary.ts';
import { urgency } from '../../pagerduty/severity.ts';
import { keyIdOf } from '../../shared/key-id.ts';
import { describeError } from '../../shared/log.ts';
import type { OpenIncident } from '../../shared/open-incident.ts';
import { isOutOfTime } from '../admission/admit.ts';
import type { Attempt, AttemptedCall } from '../attempt.ts';
import type { BatchRun } from '../batch-run.ts';
import type { Candidate } from '../candidate.ts';
import { type InstanceState, MAX_BODY_BYTES, setNewest } from '../instance-state.ts';
import { rememberedFor } from '../notification.ts';
import { incidentKeyOf, type Subject, subjectKeysOf } from '../subject.ts';
import type { UnrecordedCall } from './state.ts';

/**
 * Result of recording some events in the table of open incidents.
 *
 * - `off`: no route of the events resolves.
 * - `postponed`: the incident is not resolved before the quiet time has passed again.
 * - `resolving`: it is being resolved, so the events wait.
 * - `failed`: the table could not be reached. The page goes out all the same.
 * - `out_of_time`: no call can be made any more, so nothing was recorded. The events come back at
 *   once, and are recorded then.
 */
export type Postponed = 'off' | 'postponed' | 'resolving' | 'failed' | 'out_of_time';

/** The table is not called for this long after it failed, milliseconds: a page must not wait. */
const PAUSE_AFTER_FAILURE = 10_000;

/** Largest difference between two clocks that is allowed for, milliseconds. */
const CLOCK_MARGIN = 1_000;

/** The severity of an incident is recorded again after this many update intervals. */
const RENEW_SEVERITY_AFTER = 10;

/**
 * Records events in the table of open incidents before PagerDuty is called about them, or before
 * they wait, so that their incident is not resolved meanwhile. If the table says that the incident
 * is not open, this instance forgets that PagerDuty was notified of it.
 *
 * @param integrationKey `undefined` if the service has none
 * @param mayWait true if the events wait for an update that is not due. They come back before the
 *   quiet time has passed, so one record per update interval is enough.
 */
export async function postponeResolve(
  { subject, events }: Pick<Attempt, 'subject' | 'events'>,
  integrationKey: string | undefined,
  mayWait: boolean,
  run: BatchRun,
): Promise<Postponed> {
  const { openIncidents: table, state, settings } = run.context;
  const latest = events.at(-1) ?? events[0];
  const quietTime = quietTimeOf(events);
  if (table === undefined || quietTime === undefined) return 'off';
  const known = state.openIncidents;
  const { incidentKey } = subject;
  const now = run.context.now();
  const updateInterval = settings.updateIntervalSeconds * 1000;
  const lastPostponed = known.postponed.get(incidentKey) ?? -Infinity;
  if (mayWait && now - lastPostponed < updateInterval) return 'postponed';
  if (isOutOfTime({ settings, callDeadline: run.callDeadline, now })) return 'out_of_time';
  if (now < known.pausedUntil) {
    recordTableFailure('The table failed a moment ago.', quietTime, run);
    return 'failed';
  }
  const keyId = integrationKey === undefined ? undefined : keyIdOf(integrationKey);
  try {
    const due = now + quietTime + updateInterval;
    const summary = summaryOf(latest.event);
    const result = await table.postpone({ incidentKey, summary, keyId, due, now });
    if (result.kind === 'resolving') return 'resolving';
    setNewest(known.postponed, incidentKey, now);
    useRecord(result.before, subject, keyId, run);
    const lower = new Set(events.flatMap(({ lowerDedupKeys }) => lowerDedupKeys));
    await Promise.all(
      [...lower].map(async (dedupKey) =>
        table.keepOpen(incidentKeyOf({ service: subject.service, dedupKey }), due, now),
      ),
    );
    return 'postponed';
  } catch (error) {
    known.pausedUntil = run.context.now() + PAUSE_AFTER_FAILURE;
    recordTableFailure(describeError(error), quietTime, run);
    return 'failed';
  }
}

/**
 * Keeps an incident open while an event of it waits longer than the quiet time, such as an update that
 * waits for a slot of the rate limit. An event that waits less records itself again when it comes
 * back.
 *
 * @param wait milliseconds
 */
export async function keepOpenWhileWaiting(
  { subject, events }: Pick<Attempt, 'subject' | 'events'>,
  wait: number,
  run: BatchRun,
): Promise<void> {
  const { openIncidents: table, state, settings } = run.context;
  const quietTime = quietTimeOf(events);
  const now = run.context.now();
  if (table === undefined || quietTime === undefined || wait < quietTime) return;
  if (now < state.openIncidents.pausedUntil) return;
  const due = now + wait + quietTime + settings.updateIntervalSeconds * 1000;
  try {
    await table.keepOpen(subject.incidentKey, due, now);
  } catch (error) {
    state.openIncidents.pausedUntil = run.context.now() + PAUSE_AFTER_FAILURE;
    recordTableFailure(describeError(error), quietTime, run);
  }
}

/** The longest quiet time of the routes of some events, milliseconds; `undefined` for never. */
function quietTimeOf(events: readonly Candidate[]): number | undefined {
  const times = events.flatMap(({ resolveAfter }) => resolveAfter ?? []);
  return times.length === 0 ? undefined : Math.max(...times);
}

/**
 * Records that the table could not be reached. This instance resolves nothing until it could record
 * events for a whole quiet time again, because it sent events that the table does not know.
 *
 * @param quietTime milliseconds
 */
function recordTableFailure(detail: string, quietTime: number, run: BatchRun): void {
  const { openIncidents } = run.context.state;
  run.tableErrors.push(detail);
  openIncidents.mayResolveAt = Math.max(openIncidents.mayResolveAt, run.context.now() + quietTime);
}

/** Applies what the table knew of an incident before an event to the state of this instance. */
function useRecord(
  before: OpenIncident | undefined,
  subject: Subject,
  keyId: string | undefined,
  run: BatchRun,
): void {
  const { state } = run.context;
  const { incidentKey } = subject;
  if (!isOpen(before)) {
    forgetIncident(state, incidentKey);
    return;
  }
  // The other instance resolved the incident, and opened a new one.
  const isFormer = subjectKeysOf(incidentKey).some((subjectKey) => {
    const began = state.subjects.get(subjectKey)?.notification?.began ?? Infinity;
    return (before.opened ?? -Infinity) > began + CLOCK_MARGIN;
  });
  if (isFormer) forgetIncident(state, incidentKey);
  if (before.keyId !== undefined && keyId !== undefined && before.keyId !== keyId) {
    run.openUnderFormerKey.push(incidentKey);
  }
  const { severity, severityAt } = before;
  if (severity === undefined || severityAt === undefined) {
    state.openIncidents.severities.delete(incidentKey);
    return;
  }
  setNewest(state.openIncidents.severities, incidentKey, { severity, at: severityAt });
  const times = state.severities.get(incidentKey);
  const at = Math.max(severityAt, times?.[severity] ?? -Infinity);
  setNewest(state.severities, incidentKey, { ...times, [severity]: at });
}

/**
 * True if PagerDuty has an open incident as far as the table knows. A claim that has expired means
 * that a resolve may have been sent.
 */
function isOpen(incident: OpenIncident | undefined): incident is OpenIncident {
  return incident !== undefined && !incident.isResolved && incident.claimed === undefined;
}

/** Forgets what PagerDuty was notified of about an incident that is not open. */
export function forgetIncident(state: InstanceState, incidentKey: string): void {
  state.severities.delete(incidentKey);
  state.openIncidents.severities.delete(incidentKey);
  for (const subjectKey of subjectKeysOf(incidentKey)) {
    const subject = state.subjects.get(subjectKey);
    if (subject === undefined) continue;
    subject.notification = undefined;
    subject.deduplicatedIntoNotification = undefined;
  }
}

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
    known.pausedUntil = run.context.now() + PAUSE_AFTER_FAILURE;
    run.tableErrors.push(describeError(error));
  }
}
