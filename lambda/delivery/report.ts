import { parseEvent } from '../glasnostic/event.ts';
import { eventFields } from '../glasnostic/log-fields.ts';
import { dedupKey } from '../pagerduty/dedup-key.ts';
import { isJsonObject } from '../shared/json.ts';
import type { Log, LogFields } from '../shared/log.ts';
import { readEventMessage } from '../shared/message.ts';
import { metricFields, type MetricValues } from '../shared/metrics.ts';
import type { CallReport, ResolveReport } from './batch-run.ts';
import type { RouteTable } from '../shared/routes.ts';
import type { BatchReport } from './deliver.ts';
import type { ProcessedMessage, WaitCause } from './disposition.ts';
import { type QueuedMessage, readCandidate } from './candidate.ts';
import type { Levels } from './levels.ts';
import { reportOpenIncidents } from './report-resolves.ts';
import { reportTests } from './report-tests.ts';
import type { SettledBatch, Tally } from './settle.ts';

/** Most request IDs or message IDs in one log line. `events` has the full number. */
const MAX_LOGGED_IDS = 10;

/** What {@link reportBatch} needs beside the batch. */
export interface ReportContext {
  readonly stage: string;
  readonly routes: RouteTable;
  readonly levels: Levels;
  /** When the batch began, milliseconds since 1970. */
  readonly begin: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Logs a batch and its metrics. */
export function reportBatch(
  report: BatchReport,
  { tally, keep }: SettledBatch,
  log: Log,
  { stage, routes, levels, begin, now }: ReportContext,
): void {
  for (const call of report.calls) logCall(call, log);
  reportTests(report.tests, log);
  for (const problem of report.keyProblems) {
    log.error('An integration key is malformed; the last good one stays in use', { problem });
  }
  for (const detail of report.internalErrors) {
    log.error('An internal error of the bridge', { detail });
  }
  reportOpenIncidents(report, log);
  logReasons(report.processed, log);
  const kept = new Set(keep);
  // A message whose dead letter could not be sent stays in the queue, and is no dead letter yet.
  logDeadLetters(
    report.processed.filter(({ message }) => !kept.has(message)),
    routes,
    log,
  );
  const metrics = metricFields(stage, batchMetrics(report, tally, levels), now);
  log.info('Batch settled', {
    ...tally,
    calls: report.calls.length,
    duration_ms: now - begin,
    ...metrics,
  });
}

/** The status of each call that failed or was refused; 0 without an answer. */
function failedStatuses({ calls, resolves, tests }: BatchReport): readonly number[] {
  return [...calls, ...resolves, ...tests].flatMap(({ outcome }) =>
    outcome === 'key_changed' || outcome.kind === 'delivered' ? [] : [outcome.status ?? 0],
  );
}

function ofKind(ended: readonly Pick<ResolveReport, 'outcome'>[], kind: string): number {
  return ended.filter(({ outcome }) => outcome !== 'key_changed' && outcome.kind === kind).length;
}

/** The metrics of a batch. */
export function batchMetrics(report: BatchReport, tally: Tally, levels: Levels): MetricValues {
  const count = (test: (call: CallReport) => boolean): number => report.calls.filter(test).length;
  const resolves = [...report.resolves, ...report.tests];
  return {
    EventsDelivered: tally.delivered,
    EventsDeduplicated: tally.deduplicated,
    EventsDeadLettered: tally.deadLettered,
    DeliveryDelay: report.calls
      .filter(({ outcome, callClass }) => outcome.kind === 'delivered' && callClass !== 'update')
      .map(({ delay }) => delay),
    PagerDutyRefused:
      count(({ outcome }) => outcome.kind === 'rejected') + ofKind(resolves, 'rejected'),
    PagerDutyUnavailable:
      count(({ outcome }) => outcome.kind === 'retry') + ofKind(resolves, 'retry'),
    FailedCallStatus: failedStatuses(report),
    IntegrationKeyMissing:
      report.keyProblems.size +
      report.processed.filter(
        ({ disposition }) => disposition.kind === 'waiting' && isAboutKey(disposition.cause),
      ).length,
    OldestPage: levels.oldestPage,
    WaitingForPagerDuty: levels.waitingForPagerDuty,
    WaitingForKey: levels.waitingForKey,
    InternalErrors: report.internalErrors.length,
    Ticks: report.ticks,
    IncidentsOpen: report.sweep?.open ?? 0,
    IncidentsResolved: ofKind(report.resolves, 'delivered'),
    TimersFailed: report.tableErrors.length,
    ResolvesOverdue:
      (report.sweep?.overdue ?? 0) +
      new Set(report.openUnderFormerKey).size +
      report.resolves.filter(({ outcome }) => outcome === 'key_changed').length,
  };
}

function logCall(report: CallReport, log: Log): void {
  const { outcome } = report;
  if (outcome.kind === 'delivered') log.info('PagerDuty accepted an event', callFields(report));
  else if (outcome.kind === 'retry')
    log.warn('A PagerDuty call failed and will be retried', callFields(report));
  else log.error('PagerDuty refused an event', callFields(report));
}

function callFields({
  latest,
  events,
  severity,
  outcome,
  delay,
  callClass,
}: CallReport): LogFields {
  const { environment, view } = eventFields(latest.event);
  return {
    outcome: outcome.kind,
    ...(outcome.kind === 'delivered' ? {} : { detail: outcome.detail }),
    ...(outcome.kind === 'retry' ? { cause: outcome.cause } : {}),
    status: outcome.status,
    // Powertools uses the name `service` for the function.
    pagerduty_service: latest.service,
    severity,
    call_class: callClass,
    dedup_key: latest.dedupKey,
    environment,
    view,
    events: events.length,
    request_ids: events.slice(-MAX_LOGGED_IDS).map(({ requestId }) => requestId),
    delay_ms: delay,
  };
}

/** Logs why events wait or are dead letters: one line per reason. */
function logReasons(processed: readonly ProcessedMessage[], log: Log): void {
  const groups = Map.groupBy(processed, ({ disposition }) => {
    if (disposition.kind === 'waiting') return `${disposition.cause}: ${disposition.detail}`;
    return disposition.kind === 'deadLetter' ? `${disposition.reason}: ${disposition.detail}` : '';
  });
  for (const [reason, group] of groups) {
    const disposition = group[0]?.disposition;
    const fields = {
      events: group.length,
      reason,
      message_ids: group.slice(0, MAX_LOGGED_IDS).map(({ message }) => message.messageId),
    };
    if (disposition?.kind === 'deadLetter') log.error('Events became dead letters', fields);
    else if (disposition?.kind === 'waiting') {
      if (isAboutKey(disposition.cause)) log.error('Events wait for an integration key', fields);
      else if (disposition.cause === 'internal_error')
        log.error('Events wait after an internal error', fields);
      else log.info('Events wait', fields);
    }
  }
}

/** True if an event waits for an integration key that PagerDuty accepts. */
function isAboutKey(cause: WaitCause): boolean {
  return cause === 'key_missing' || cause === 'key_refused';
}

/** Logs one line per dead letter: no responder sees its event until an operator replays it. */
function logDeadLetters(
  processed: readonly ProcessedMessage[],
  routes: RouteTable,
  log: Log,
): void {
  for (const { message, disposition } of processed) {
    if (disposition.kind !== 'deadLetter') continue;
    const { reason, detail, status } = disposition;
    const fields = {
      outcome: 'dead_lettered',
      reason,
      detail,
      status,
      ...messageFields(message, routes),
    };
    log.error('An event became a dead letter', fields);
  }
}

/** Log fields that identify a message's event, as far as the message can be parsed. */
function messageFields(message: QueuedMessage, routes: RouteTable): LogFields {
  const fields = { message_id: message.messageId, pagerduty_service: message.groupId };
  const read = readEventMessage(message.body);
  if (typeof read === 'string') return fields;
  const parsed = isJsonObject(read.event) ? parseEvent(read.event) : undefined;
  if (parsed?.outcome !== 'event') return { ...fields, request_id: read.requestId };
  const { event } = parsed;
  const { environment, view } = eventFields(event);
  const candidate = readCandidate(message, routes);
  return {
    ...fields,
    request_id: read.requestId,
    environment,
    view,
    dedup_key: candidate.kind === 'candidate' ? candidate.candidate.dedupKey : dedupKey(event),
  };
}
