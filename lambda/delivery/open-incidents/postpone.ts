import { summaryOf } from '../../pagerduty/summary.ts';
import { keyIdOf } from '../../shared/key-id.ts';
import type { OpenIncident } from '../../shared/open-incident.ts';
import { isOutOfTime } from '../admission/admit.ts';
import type { Attempt } from '../attempt.ts';
import type { BatchRun } from '../batch-run.ts';
import type { Candidate } from '../candidate.ts';
import { type InstanceState, setNewest } from '../instance-state.ts';
import { CLOCK_MARGIN } from '../notification.ts';
import { incidentKeyOf, type Subject, subjectKeysOf } from '../subject.ts';
import type { OpenIncidents } from './open-incidents.ts';
import { delayResolves, pauseTable } from './table-failure.ts';

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
    run.tableErrors.push('The table failed a moment ago.');
    delayResolves(quietTime, run);
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
    await keepAllOpen(table, lowerIncidentKeysOf(subject, events), due, now);
    return 'postponed';
  } catch (error) {
    pauseTable(error, run);
    delayResolves(quietTime, run);
    return 'failed';
  }
}

/**
 * The incidents of the lower steps of some events. They are not over while an event of a higher step
 * comes.
 */
function lowerIncidentKeysOf(
  { service }: Subject,
  events: readonly Candidate[],
): readonly string[] {
  const dedupKeys = new Set(events.flatMap(({ lowerDedupKeys }) => lowerDedupKeys));
  return [...dedupKeys].map((dedupKey) => incidentKeyOf({ service, dedupKey }));
}

/** Postpones the resolves of incidents that are open and due earlier. */
async function keepAllOpen(
  table: OpenIncidents,
  incidentKeys: readonly string[],
  due: number,
  now: number,
): Promise<void> {
  await Promise.all(incidentKeys.map(async (key) => table.keepOpen(key, due, now)));
}

/**
 * Keeps an incident, and those of its lower steps, open while an event of it waits longer than the
 * quiet time, such as an update that waits for a slot of the rate limit. An event that waits less is
 * recorded again when it comes back.
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
    const incidentKeys = [subject.incidentKey, ...lowerIncidentKeysOf(subject, events)];
    await keepAllOpen(table, incidentKeys, due, now);
  } catch (error) {
    pauseTable(error, run);
    delayResolves(quietTime, run);
  }
}

/** The longest quiet time of the routes of some events, milliseconds; `undefined` for never. */
function quietTimeOf(events: readonly Candidate[]): number | undefined {
  const times = events.flatMap(({ resolveAfter }) => resolveAfter ?? []);
  return times.length === 0 ? undefined : Math.max(...times);
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
  const { severity, severityAt } = before;
  // Without a severity, PagerDuty accepted no call of the incident, so it is open under no key: its
  // events waited, or the key was refused and read again.
  const wasAccepted = severity !== undefined;
  const isOtherKey = before.keyId !== undefined && keyId !== undefined && before.keyId !== keyId;
  if (wasAccepted && isOtherKey) run.openUnderFormerKey.push(incidentKey);
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
