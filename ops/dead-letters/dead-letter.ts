/** What a dead letter says: why it died, and which event and incident it is about. */

import type { MessageAttributeValue } from '@aws-sdk/client-sqs';

import { type EventKind, type Named, parseEvent } from '../../lambda/glasnostic/event.ts';
import { readTime } from '../../lambda/glasnostic/time.ts';
import { dedupKey } from '../../lambda/pagerduty/dedup-key.ts';
import { ratioOf } from '../../lambda/pagerduty/severity.ts';
import { summaryOf } from '../../lambda/pagerduty/summary.ts';
import { isJsonObject } from '../../lambda/shared/json.ts';
import {
  DEAD_LETTER_ATTRIBUTES,
  FAILURE_REASONS,
  type DeduplicatedEvents,
  readEventMessage,
} from '../../lambda/shared/message.ts';
import type { RouteTable } from '../../lambda/shared/routes.ts';

/** A message as it was received from the dead-letter queue. */
export interface RawLetter {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** Its message attributes, all of them. */
  readonly attributes: Readonly<Record<string, MessageAttributeValue>>;
  /** SQS's own attributes, such as `SentTimestamp` and `MessageGroupId`. */
  readonly system: Readonly<Record<string, string>>;
}

/**
 * Reason of a letter without `FailureReason`: SQS itself moved it, because the delivery function
 * ended on it again and again without an answer.
 */
export const CRASHED = 'crashed';

/** Every reason that a letter of this bridge can have. */
export const LETTER_REASONS = [...FAILURE_REASONS, CRASHED] as const;

/** The event in a letter, as far as it can be read. */
export interface LetterEvent {
  readonly kind: EventKind;
  readonly environment: Named;
  readonly view?: Named | undefined;
  readonly metric?: string | undefined;
  /** The incident's summary, as PagerDuty would show it. */
  readonly summary: string;
  readonly dedupKey: string;
  /** When it happened, as far as can be known, milliseconds since 1970. */
  readonly occurredAt: number;
  /** Its value divided by its threshold, if it has both. */
  readonly ratio?: number | undefined;
}

/** What the commands know of a dead letter. */
export interface Letter {
  /** Its message ID on the dead-letter queue. */
  readonly id: string;
  /** One of {@link LETTER_REASONS}, or what a foreign writer put there. */
  readonly reason: string;
  /** PagerDuty's own words, or the bridge's. */
  readonly detail: string;
  /** Status of PagerDuty's last answer. */
  readonly httpStatus?: number | undefined;
  /** How often it was tried before it was given up. */
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
  readonly event?: LetterEvent | undefined;
  /** Older events that a replay deduplicated into this one; it is not among them. */
  readonly deduplicated?: DeduplicatedEvents | undefined;
  /** What is wrong with the body, when there is no event in it. */
  readonly problem?: string | undefined;
}

const NO_ATTRIBUTES = 'SQS moved it here itself: the delivery function crashed on it.';

function textAttribute(raw: RawLetter, name: string): string | undefined {
  return raw.attributes[name]?.StringValue;
}

function numberAttribute(raw: RawLetter, name: string): number | undefined {
  const value = Number(textAttribute(raw, name) ?? Number.NaN);
  return Number.isFinite(value) ? value : undefined;
}

type Content = Pick<Letter, 'event' | 'deduplicated' | 'problem' | 'receivedAt' | 'requestId'> & {
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
  const route = routes({
    environment: event.environment.id,
    view: event.view?.id,
    domain: event.domain,
    metric: event.metric,
  });
  return {
    ...meta,
    routedTo: route !== undefined && 'service' in route ? route.service : undefined,
    event: {
      kind: event.kind,
      environment: event.environment,
      view: event.view,
      metric: event.metric,
      summary: summaryOf(event),
      dedupKey: dedupKey(event),
      // As delivery has it: nothing happens after it was received.
      occurredAt: Math.min(readTime(event.time) ?? received, received),
      ratio: ratioOf(event),
    },
  };
}

/**
 * Reads a dead letter. Never throws: whatever lies in the queue can be listed.
 *
 * @param routes those of the stage; they name the service of a letter that has no message group
 */
export function readLetter(raw: RawLetter, routes: RouteTable): Letter {
  const { routedTo, ...content } = readContent(raw.body, routes);
  const reason = textAttribute(raw, DEAD_LETTER_ATTRIBUTES.reason);
  const failedAt = Date.parse(textAttribute(raw, DEAD_LETTER_ATTRIBUTES.failedAt) ?? '');
  return {
    id: raw.messageId,
    reason: reason ?? CRASHED,
    detail:
      textAttribute(raw, DEAD_LETTER_ATTRIBUTES.detail) ??
      (reason === undefined ? NO_ATTRIBUTES : ''),
    httpStatus: numberAttribute(raw, DEAD_LETTER_ATTRIBUTES.httpStatus),
    receiveCount: numberAttribute(raw, DEAD_LETTER_ATTRIBUTES.receiveCount),
    failedAt: Number.isNaN(failedAt) ? Number(raw.system['SentTimestamp'] ?? 0) : failedAt,
    originalMessageId: textAttribute(raw, DEAD_LETTER_ATTRIBUTES.originalMessageId),
    service: raw.system['MessageGroupId'] ?? routedTo,
    ...content,
  };
}

/**
 * Identity of the incident that a letter is about: PagerDuty deduplicates by service and dedup key. A
 * letter without an event is about no incident.
 */
export function incidentOf(letter: Pick<Letter, 'service' | 'event'>): string | undefined {
  return letter.event && `${letter.service ?? ''} ${letter.event.dedupKey}`;
}
