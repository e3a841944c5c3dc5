import { type GlasnosticEvent, parseEvent, routingFieldsOf } from '../glasnostic/event.ts';
import { readTime } from '../glasnostic/time.ts';
import { dedupKeysUpTo } from '../pagerduty/dedup-key.ts';
import { ratioOf, severityOf } from '../pagerduty/severity.ts';
import { isJsonObject } from '../shared/json.ts';
import {
  addDeduplicated,
  type FailureReason,
  type DeduplicatedEvents,
  readEventMessage,
} from '../shared/message.ts';
import type { RouteTable, ServiceRoute, Severity } from '../shared/routes.ts';

/** A message of the events queue. */
export interface QueuedMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** How often it was received, including this time. */
  readonly receiveCount: number;
  /** When it was put on the queue, milliseconds since 1970. */
  readonly sentAt: number;
  /** Its message group: the PagerDuty service it was routed to. */
  readonly groupId?: string | undefined;
}

/** A message that is an event with a route. */
export interface Candidate {
  readonly message: QueuedMessage;
  readonly event: GlasnosticEvent;
  /** When ingest accepted it, ISO 8601; for the responder. */
  readonly receivedAt: string;
  /** When ingest accepted it or SQS received it, whichever was first, milliseconds since 1970. */
  readonly acceptedAt: number;
  /** True if a replay put it back on the queue. */
  readonly isReplay: boolean;
  readonly requestId: string;
  /** When the event happened, milliseconds since 1970; never later than `receivedAt`. */
  readonly occurredAt: number;
  /** The PagerDuty service. */
  readonly service: string;
  readonly route: ServiceRoute;
  /** The highest severity of this event and of those that a replay deduplicated into it. */
  readonly severity: Severity;
  /** Dedup key of its incident. As for the severity, the highest ratio decides the step. */
  readonly dedupKey: string;
  /** Dedup keys of the incidents of lower steps, which are not over while this event comes. */
  readonly lowerDedupKeys: readonly string[];
  /** Quiet time after which its incident is resolved, ms; absent for never, and for a test. */
  readonly resolveAfter?: number | undefined;
  /**
   * Summary of this event and of those that a replay deduplicated into it, for PagerDuty. The
   * metrics count only messages: the other events were counted when they became dead letters.
   */
  readonly standsFor: DeduplicatedEvents;
}

/** A message that can never be delivered as it is. */
export interface Undeliverable {
  readonly message: QueuedMessage;
  readonly reason: Extract<FailureReason, 'malformed' | 'no_route'>;
  readonly detail: string;
}

/** A candidate, or a message that can never be delivered as it is. */
export type ReadMessage =
  | { readonly kind: 'candidate'; readonly candidate: Candidate }
  | { readonly kind: 'undeliverable'; readonly undeliverable: Undeliverable };

function undeliverable(
  message: QueuedMessage,
  reason: Undeliverable['reason'],
  detail: string,
): ReadMessage {
  return { kind: 'undeliverable', undeliverable: { message, reason, detail } };
}

/** Parses a message and finds its route. */
export function readCandidate(message: QueuedMessage, routes: RouteTable): ReadMessage {
  const read = readEventMessage(message.body);
  if (typeof read === 'string') return undeliverable(message, 'malformed', read);
  if (!isJsonObject(read.event)) {
    return undeliverable(message, 'malformed', 'The event is not a JSON object.');
  }
  const parsed = parseEvent(read.event);
  if (parsed.outcome !== 'event') {
    const detail =
      parsed.outcome === 'ignored'
        ? parsed.reason
        : parsed.errors.map(({ path, message: what }) => `${path} ${what}`.trim()).join('; ');
    return undeliverable(message, 'malformed', detail);
  }
  const { event } = parsed;
  const route = routes(routingFieldsOf(event));
  if (route === undefined) {
    return undeliverable(message, 'no_route', 'No route of the stage takes this event any more.');
  }
  if ('ignore' in route) {
    return undeliverable(message, 'no_route', 'The route that takes this event now ignores it.');
  }
  const received = Date.parse(read.receivedAt);
  // An event whose sender has a clock that is ahead must not stay the newest one.
  const occurredAt = Math.min(readTime(event.time) ?? received, received);
  const { deduplicated } = read;
  const own = { count: 1, first: occurredAt, last: occurredAt, ratio: ratioOf(event) };
  const standsFor = deduplicated === undefined ? own : addDeduplicated(own, deduplicated);
  const isTest = event.isTest === true;
  const [ownDedupKey, ...lowerDedupKeys] = dedupKeysUpTo(event, standsFor.ratio, route.severity);
  return {
    kind: 'candidate',
    candidate: {
      message,
      event,
      receivedAt: read.receivedAt,
      acceptedAt: Math.min(received, message.sentAt),
      isReplay: read.isReplay,
      requestId: read.requestId,
      occurredAt,
      service: route.service,
      route,
      severity: isTest ? 'info' : severityOf(standsFor.ratio, route.severity),
      dedupKey: ownDedupKey,
      lowerDedupKeys,
      resolveAfter:
        isTest || route.resolveAfterMinutes === undefined
          ? undefined
          : route.resolveAfterMinutes * 60_000,
      standsFor,
    },
  };
}
