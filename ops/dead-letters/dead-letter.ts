/** Reads a dead letter: why it failed, and which event and incident it is about. */

import {
  type Environment,
  type EventKind,
  parseEvent,
  routingFieldsOf,
  type View,
} from '../../lambda/glasnostic/event.ts';
import { readTime } from '../../lambda/glasnostic/time.ts';
import { dedupKey, dedupKeysUpTo } from '../../lambda/pagerduty/dedup-key.ts';
import { ratioOf, severityOf } from '../../lambda/pagerduty/severity.ts';
import { summaryOf } from '../../lambda/pagerduty/summary.ts';
import { isJsonObject } from '../../lambda/shared/json.ts';
import {
  addDeduplicated,
  DEAD_LETTER_ATTRIBUTES,
  FAILURE_REASONS,
  type DeduplicatedEvents,
  readDeduplicated,
  readEventMessage,
} from '../../lambda/shared/message.ts';
import type { RouteTable, Severity } from '../../lambda/shared/routes.ts';
import type { ReceivedMessage } from '../aws/queue.ts';

/**
 * Reason of a dead letter without `FailureReason`: SQS moved it itself, because the delivery function
 * was invoked with it several times and never answered.
 */
export const CRASHED = 'crashed';

/** Every reason that a dead letter of this bridge can have. */
export const DEAD_LETTER_REASONS = [...FAILURE_REASONS, CRASHED] as const;

/** The event in a dead letter, as far as it can be read. */
export interface DeadLetterEvent {
  readonly kind: EventKind;
  readonly environment: Environment;
  readonly view?: View | undefined;
  readonly metric?: string | undefined;
  /** Severity of the incident, by the routes of this checkout. */
  readonly severity: Severity;
  /** The incident's summary, as PagerDuty shows it. */
  readonly summary: string;
  /** Dedup key of its incident, by the routes of this checkout. */
  readonly dedupKey: string;
  /** The same without the severity step: equal for all incidents of its view and metric. */
  readonly dedupKeyWithoutStep: string;
  /** When it happened, as far as can be known, milliseconds since 1970. */
  readonly occurredAt: number;
  /** Its value divided by its threshold, if it has both. */
  readonly ratio?: number | undefined;
}

/** A dead letter as the commands show it. */
export interface DeadLetter {
  /** Its message ID on the dead-letter queue. */
  readonly id: string;
  /** One of {@link DEAD_LETTER_REASONS}, or what another program wrote. */
  readonly reason: string;
  /** PagerDuty's own words, or the bridge's. */
  readonly detail: string;
  /** Status of PagerDuty's last answer. */
  readonly httpStatus?: number | undefined;
  /** How often it was received before it became a dead letter. */
  readonly receiveCount?: number | undefined;
  /** When it became a dead letter, milliseconds since 1970. */
  readonly failedAt: number;
  readonly originalMessageId?: string | undefined;
  /** The PagerDuty service, if it is known. */
  readonly service?: string | undefined;
  /** When ingest accepted it, milliseconds since 1970. */
  readonly receivedAt?: number | undefined;
  /** API Gateway's request ID, to find it in the logs. */
  readonly requestId?: string | undefined;
  readonly event?: DeadLetterEvent | undefined;
  /** Events that were deduplicated into this one, by delivery while it waited or by a replay. */
  readonly deduplicated?: DeduplicatedEvents | undefined;
  /** What is wrong with the body, when there is no event in it. */
  readonly problem?: string | undefined;
}

const MOVED_BY_SQS = 'SQS moved it here itself: the delivery function crashed on it.';

function textAttribute(message: ReceivedMessage, name: string): string | undefined {
  return message.attributes[name]?.StringValue;
}

function numberAttribute(message: ReceivedMessage, name: string): number | undefined {
  const value = Number(textAttribute(message, name) ?? Number.NaN);
  return Number.isFinite(value) ? value : undefined;
}

type Content = Pick<
  DeadLetter,
  'event' | 'deduplicated' | 'problem' | 'receivedAt' | 'requestId'
> & {
  readonly routedTo?: string | undefined;
};

function readContent(body: string, routes: RouteTable): Content {
  const message = readEventMessage(body);
  if (typeof message === 'string') return { problem: message };
  const received = Date.parse(message.receivedAt);
  const { requestId, deduplicated } = message;
  const meta = { receivedAt: received, requestId, deduplicated };
  if (!isJsonObject(message.event)) {
    return { ...meta, problem: 'The event is not a JSON object.' };
  }
  const parsed = parseEvent(message.event);
  if (parsed.outcome === 'ignored') return { ...meta, problem: parsed.reason };
  if (parsed.outcome === 'invalid') {
    const errors = parsed.errors.map(({ path, message: what }) => `${path} ${what}`.trim());
    return { ...meta, problem: `Not a Glasnostic event: ${errors.join('; ')}.` };
  }
  const { event } = parsed;
  const ratio = ratioOf(event);
  const route = routes(routingFieldsOf(event));
  const serviceRoute = route !== undefined && 'service' in route ? route : undefined;
  const highest = Math.max(ratio ?? -Infinity, deduplicated?.ratio ?? -Infinity);
  const [ownKey] = dedupKeysUpTo(event, highest, serviceRoute?.severity);
  return {
    ...meta,
    routedTo: serviceRoute?.service,
    event: {
      kind: event.kind,
      environment: event.environment,
      view: event.view,
      metric: event.metric,
      severity: severityOf(highest === -Infinity ? undefined : highest, serviceRoute?.severity),
      summary: summaryOf(event),
      dedupKey: ownKey,
      dedupKeyWithoutStep: dedupKey(event),
      // As in delivery: no event happens after it was received.
      occurredAt: Math.min(readTime(event.time) ?? received, received),
      ratio,
    },
  };
}

/**
 * Reads a dead letter. Never throws, so that every message in the queue can be listed.
 *
 * @param routes those of the stage; they name the service of a message without a message group
 */
export function readDeadLetter(message: ReceivedMessage, routes: RouteTable): DeadLetter {
  const { routedTo, ...content } = readContent(message.body, routes);
  const reason = textAttribute(message, DEAD_LETTER_ATTRIBUTES.reason);
  const failedAt = Date.parse(textAttribute(message, DEAD_LETTER_ATTRIBUTES.failedAt) ?? '');
  return {
    id: message.messageId,
    reason: reason ?? CRASHED,
    detail:
      textAttribute(message, DEAD_LETTER_ATTRIBUTES.detail) ??
      (reason === undefined ? MOVED_BY_SQS : ''),
    httpStatus: numberAttribute(message, DEAD_LETTER_ATTRIBUTES.httpStatus),
    receiveCount: numberAttribute(message, DEAD_LETTER_ATTRIBUTES.receiveCount),
    failedAt: Number.isNaN(failedAt) ? Number(message.system['SentTimestamp'] ?? 0) : failedAt,
    originalMessageId: textAttribute(message, DEAD_LETTER_ATTRIBUTES.originalMessageId),
    service: message.system['MessageGroupId'] ?? routedTo,
    ...content,
    deduplicated: totalOf(
      content.deduplicated,
      parseStandsFor(textAttribute(message, DEAD_LETTER_ATTRIBUTES.standsFor)),
    ),
  };
}

/** Reads the attribute that delivery writes. Another text is ignored. */
function parseStandsFor(text: string | undefined): DeduplicatedEvents | undefined {
  try {
    return readDeduplicated(JSON.parse(text ?? 'null'));
  } catch {
    return undefined;
  }
}

function totalOf(
  a: DeduplicatedEvents | undefined,
  b: DeduplicatedEvents | undefined,
): DeduplicatedEvents | undefined {
  return a === undefined || b === undefined ? (a ?? b) : addDeduplicated(a, b);
}

/**
 * Identity of the incidents of one view and metric: PagerDuty deduplicates by service and dedup key.
 * An incident of a higher severity step counts as the same. `undefined` for a dead letter without an
 * event.
 */
export function incidentKeyOf({
  service = '',
  event,
}: Pick<DeadLetter, 'service' | 'event'>): string | undefined {
  return event && `${service} ${event.dedupKeyWithoutStep}`;
}
