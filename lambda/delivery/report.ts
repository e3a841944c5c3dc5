import { parseEvent } from '../glasnostic/event.ts';
import { dedupKey } from '../pagerduty/dedup-key.ts';
import { isJsonObject } from '../shared/json.ts';
import type { Log, LogFields } from '../shared/log.ts';
import { readEventMessage } from '../shared/message.ts';
import { metricFields } from '../shared/metrics.ts';
import type { CallReport } from './attempt.ts';
import type { BatchReport } from './deliver.ts';
import type { ProcessedMessage } from './disposition.ts';
import type { QueuedMessage } from './intake.ts';
import type { SettledBatch } from './settle.ts';

/** Most request IDs in one log line; the count tells how many more there are. */
const MAX_REQUEST_IDS = 10;

function callFields({ update, outcome, delay }: CallReport): LogFields {
  const { event } = update.latest;
  return {
    outcome: outcome.kind,
    ...(outcome.kind === 'delivered' ? {} : { detail: outcome.detail }),
    ...(outcome.kind === 'retry' ? { cause: outcome.cause } : {}),
    status: outcome.status,
    // `service` is what Powertools calls the function.
    pagerduty_service: update.service,
    severity: update.severity,
    dedup_key: update.dedupKey,
    environment: event.environment.id,
    view: event.view?.id,
    events: update.events.length,
    request_ids: update.events.slice(-MAX_REQUEST_IDS).map(({ requestId }) => requestId),
    delay_ms: delay,
  };
}

function logCall(report: CallReport, log: Log): void {
  const { outcome } = report;
  if (outcome.kind === 'delivered') log.info('PagerDuty accepted an event', callFields(report));
  else if (outcome.kind === 'retry') log.warn('PagerDuty must be tried again', callFields(report));
  else log.error('PagerDuty refused an event', callFields(report));
}

/** Why events wait or are dead letters: one line a reason, however many events there are. */
function logReasons(processed: readonly ProcessedMessage[], log: Log): void {
  const groups = Map.groupBy(processed, ({ disposition }) => {
    if (disposition.kind === 'waiting') return `${disposition.cause}: ${disposition.detail}`;
    return disposition.kind === 'dead' ? `${disposition.reason}: ${disposition.detail}` : '';
  });
  for (const [reason, group] of groups) {
    const disposition = group[0]?.disposition;
    const fields = {
      events: group.length,
      reason,
      message_ids: group.slice(0, MAX_REQUEST_IDS).map(({ message }) => message.messageId),
    };
    if (disposition?.kind === 'dead') log.error('Events became dead letters', fields);
    else if (disposition?.kind === 'waiting') {
      if (disposition.cause === 'key_missing') log.error('Events wait for a key', fields);
      else if (disposition.cause === 'internal_error') log.error('The bridge failed', fields);
      else log.info('Events wait', fields);
    }
  }
}

/** Which event a message carries, as far as it can be read. */
function eventFields(message: QueuedMessage): LogFields {
  const fields = { message_id: message.messageId, pagerduty_service: message.groupId };
  const read = readEventMessage(message.body);
  if (typeof read === 'string') return fields;
  const parsed = isJsonObject(read.event) ? parseEvent(read.event) : undefined;
  if (parsed?.outcome !== 'event') return { ...fields, request_id: read.requestId };
  const { event } = parsed;
  return {
    ...fields,
    request_id: read.requestId,
    environment: event.environment.id,
    view: event.view?.id,
    dedup_key: dedupKey(event),
  };
}

/** One line for each event that is lost to the responder until somebody replays it. */
function logDeadLetters(processed: readonly ProcessedMessage[], log: Log): void {
  for (const { message, disposition } of processed) {
    if (disposition.kind !== 'dead') continue;
    const { reason, detail, status } = disposition;
    const fields = { outcome: 'dead_lettered', reason, detail, status, ...eventFields(message) };
    log.error('An event became a dead letter', fields);
  }
}

/** Logs a batch and counts it. `begin` and `now` in milliseconds since 1970. */
export function reportBatch(
  report: BatchReport,
  { tally, keep }: SettledBatch,
  log: Log,
  at: { readonly stage: string; readonly begin: number; readonly now: number },
): void {
  for (const call of report.calls) logCall(call, log);
  logReasons(report.processed, log);
  const kept = new Set(keep);
  // A letter that could not be written is none yet: its message stays in the queue.
  logDeadLetters(
    report.processed.filter(({ message }) => !kept.has(message)),
    log,
  );
  const count = (test: (call: CallReport) => boolean): number => report.calls.filter(test).length;
  const metrics = metricFields(
    at.stage,
    {
      EventsDelivered: tally.delivered,
      EventsDeduplicated: tally.deduplicated,
      EventsDeadLettered: tally.deadLettered,
      DeliveryDelay: report.calls
        .filter(({ outcome }) => outcome.kind === 'delivered')
        .map(({ delay }) => delay),
      PagerDutyRefused: count(({ outcome }) => outcome.kind === 'rejected'),
      PagerDutyUnavailable: count(({ outcome }) => outcome.kind === 'retry'),
      IntegrationKeyMissing: report.processed.filter(
        ({ disposition }) => disposition.kind === 'waiting' && disposition.cause === 'key_missing',
      ).length,
    },
    at.now,
  );
  log.info('Batch settled', {
    ...tally,
    calls: report.calls.length,
    duration_ms: at.now - at.begin,
    ...metrics,
  });
}
