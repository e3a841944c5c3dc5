/**
 * The message on the events queue, and the attributes of a dead letter. The operator's commands
 * read and write both, so this file depends on neither function.
 */

import { isJsonObject, parseJson } from './json.ts';
import { escapeRefused } from './sqs-text.ts';

/** Version of the message body. It changes only when older code could not read the new body. */
export const MESSAGE_VERSION = 1;

/**
 * Summary of events that were deduplicated into one. Times are in milliseconds since 1970. A
 * message body has them in ISO 8601, UTC.
 */
export interface DeduplicatedEvents {
  readonly count: number;
  /** When the first event happened. */
  readonly first: number;
  /** When the last event happened. */
  readonly last: number;
  /**
   * The highest ratio of value to threshold; absent when no event has both. It is not a severity,
   * because the routes that are deployed at delivery decide the severity.
   */
  readonly ratio?: number | undefined;
}

/** Body of a message on the events queue or the dead-letter queue. A replay needs only this. */
export interface EventMessage {
  readonly version: typeof MESSAGE_VERSION;
  /** When ingest accepted the event, ISO 8601 in UTC. */
  readonly receivedAt: string;
  /**
   * API Gateway's request ID, as in the sender's response, the access log and the log of ingest.
   */
  readonly requestId: string;
  /** The event as Glasnostic sent it, unknown fields included. */
  readonly event: unknown;
  /**
   * Older dead letters of the same incident that a replay deduplicated into this message. The count
   * excludes this event. Code that does not know the field delivers the event without it.
   */
  readonly deduplicated?: DeduplicatedEvents | undefined;
  /**
   * True if a replay put the message back on the queue. Newer events may have been deduplicated
   * into it before it became a dead letter. The field is `replayed` in the JSON of a body.
   */
  readonly isReplay: boolean;
}

/**
 * Body of the message that EventBridge Scheduler sends to the events queue once per minute. It shows
 * that delivery works, and starts what delivery does without an event. It is not an event.
 */
export const TICK_BODY = '{"version":1,"tick":true}';

/** True if a body is a tick. A later version of the bridge may add fields to it. */
export function isTick(body: string): boolean {
  // Most events are longer, and are not parsed twice.
  if (body.length > 200) return false;
  try {
    const value: unknown = JSON.parse(body);
    return isJsonObject(value) && value['tick'] === true;
  } catch {
    return false;
  }
}

/** Reasons why a message is a dead letter. */
export const FAILURE_REASONS = [
  /** PagerDuty refused the event. Sending it again does not help. */
  'rejected',
  /** The event was not delivered within the stage's `giveUpAfterSeconds`. */
  'retries_exhausted',
  /** No route of the stage matches the event, or the matching route ignores it. */
  'no_route',
  /** The body is not an {@link EventMessage}, or its event is not a Glasnostic event. */
  'malformed',
] as const;

/** Why a message is a dead letter: one of {@link FAILURE_REASONS}. */
export type FailureReason = (typeof FAILURE_REASONS)[number];

/** Names of a dead letter's message attributes. A message that SQS itself moved has none. */
export const DEAD_LETTER_ATTRIBUTES = {
  /** One of {@link FAILURE_REASONS}. */
  reason: 'FailureReason',
  /** Error text of PagerDuty or of the bridge; at most 1 KB, never with an integration key. */
  detail: 'FailureDetail',
  /** HTTP status of PagerDuty's last response; absent without a response. */
  httpStatus: 'HttpStatus',
  /** How often the message was received from the events queue. */
  receiveCount: 'ReceiveCount',
  /** When it was sent to the dead-letter queue, ISO 8601 in UTC. */
  failedAt: 'FailedAt',
  /** Its message ID on the events queue. */
  originalMessageId: 'OriginalMessageId',
  /**
   * JSON of {@link DeduplicatedEvents}: the events that were deduplicated into it while it waited.
   * Another function instance may know of further ones. Absent if there are none.
   */
  standsFor: 'StandsFor',
} as const;

/** Longest `FailureDetail`, bytes of UTF-8. */
export const MAX_FAILURE_DETAIL_BYTES = 1024;

/**
 * Writes a message body. The event keeps its text as received: the digits of its numbers, the order
 * of its fields, its size.
 *
 * @param eventJson JSON text of the event, known to parse
 */
export function writeEventMessage(
  meta: Pick<EventMessage, 'receivedAt' | 'requestId'>,
  eventJson: string,
): string {
  const head = JSON.stringify({ version: MESSAGE_VERSION, ...meta }).slice(0, -1);
  return `${head},"event":${escapeRefused(eventJson)}}`;
}

/**
 * The fields that {@link replayBody} writes at the end of a body. Their values have no nested
 * braces, so the end of an event never matches: an event is followed by one more brace.
 */
const REPLAY_AT_END = /(?:,"replayed":true)?(?:,"deduplicated":\{[^{}]*\})?(?=\}$)/;

/**
 * Writes the body with which a replay puts a dead letter back on the events queue. It adds the
 * field `replayed`, and replaces the field `deduplicated`. The event keeps its text as received.
 *
 * @param body a body that {@link readEventMessage} can read
 * @param deduplicated other events that this one stands for
 */
export function replayBody(body: string, deduplicated?: DeduplicatedEvents): string {
  const withoutFields = body.trimEnd().replace(REPLAY_AT_END, '').slice(0, -1);
  const field =
    deduplicated === undefined ? '' : `,"deduplicated":${writeDeduplicated(deduplicated)}`;
  return `${withoutFields},"replayed":true${field}}`;
}

/** Writes a summary as JSON, for a message body or for an attribute of a dead letter. */
export function writeDeduplicated({ count, first, last, ratio }: DeduplicatedEvents): string {
  return JSON.stringify({
    count,
    first: new Date(first).toISOString(),
    last: new Date(last).toISOString(),
    // A threshold of 0, or a tiny one, makes the ratio infinite, which JSON cannot express.
    ratio: ratio === undefined ? undefined : Math.max(0, Math.min(ratio, Number.MAX_VALUE)),
  });
}

/** Merges two summaries: the total count, the whole period, the higher ratio. */
export function addDeduplicated(a: DeduplicatedEvents, b: DeduplicatedEvents): DeduplicatedEvents {
  return {
    count: a.count + b.count,
    first: Math.min(a.first, b.first),
    last: Math.max(a.last, b.last),
    ratio: a.ratio === undefined || (b.ratio ?? -Infinity) > a.ratio ? b.ratio : a.ratio,
  };
}

function timeOf(value: unknown): number {
  return typeof value === 'string' ? Date.parse(value) : Number.NaN;
}

/**
 * Parses what {@link writeDeduplicated} wrote. An invalid value is ignored, so that the event is
 * still delivered.
 */
export function readDeduplicated(value: unknown): DeduplicatedEvents | undefined {
  if (!isJsonObject(value)) return undefined;
  const { count } = value;
  // `parseJson` makes a text of a large whole number.
  const ratio = typeof value['ratio'] === 'string' ? Number(value['ratio']) : value['ratio'];
  if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 1) return undefined;
  const [first, last] = [timeOf(value['first']), timeOf(value['last'])];
  if (Number.isNaN(first) || Number.isNaN(last)) return undefined;
  return typeof ratio === 'number' && Number.isFinite(ratio)
    ? { count, first, last, ratio }
    : { count, first, last };
}

/**
 * Parses a message body.
 *
 * @returns the message, or a sentence that says why the body is not one
 */
export function readEventMessage(body: string): EventMessage | string {
  let value: unknown;
  try {
    value = parseJson(body);
  } catch {
    return 'The body is not JSON.';
  }
  if (!isJsonObject(value)) return 'The body is not a JSON object.';
  const { version, receivedAt, requestId, event } = value;
  if (version !== MESSAGE_VERSION) {
    // The text becomes a log field, and a value of another type can be of any size.
    const found = typeof version === 'number' ? `version ${version}` : 'no version number';
    return `The body has ${found}; this bridge reads version ${MESSAGE_VERSION}.`;
  }
  if (typeof receivedAt !== 'string' || Number.isNaN(timeOf(receivedAt))) {
    return 'receivedAt is not a time.';
  }
  return {
    version,
    receivedAt,
    requestId: typeof requestId === 'string' ? requestId : '',
    event,
    deduplicated: readDeduplicated(value['deduplicated']),
    isReplay: value['replayed'] === true,
  };
}
