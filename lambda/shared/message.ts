/**
 * The formats that leave a function: the message on the events queue, and the attributes that tell
 * why a message became a dead letter. Data only, so that the operator's commands can share it.
 */

import { isJsonObject } from './json.ts';
import { escapeRefused } from './sqs-text.ts';

/** Version of the message body. Raised when a reader of the old form could not read the new one. */
export const MESSAGE_VERSION = 1;

/**
 * Events that another one stands for. In a body the times are ISO 8601 in UTC; here they are
 * milliseconds since 1970.
 */
export interface DeduplicatedEvents {
  readonly count: number;
  /** When the first and the last of them happened. */
  readonly first: number;
  readonly last: number;
  /**
   * The highest value divided by its threshold; absent when none of them has both. Not a severity:
   * what that is, the routes say that are deployed when the message is delivered.
   */
  readonly ratio?: number | undefined;
}

/** Body of a message on the events queue and on the dead-letter queue. Alone enough to replay. */
export interface EventMessage {
  readonly version: typeof MESSAGE_VERSION;
  /** When ingest accepted the event, ISO 8601 in UTC. */
  readonly receivedAt: string;
  /** API Gateway's request ID: the same in the sender's answer, the access log and our log. */
  readonly requestId: string;
  /** The event as Glasnostic sent it, unknown fields included. */
  readonly event: unknown;
  /**
   * Older events of its incident that were dead letters, and that replays removed in favour of this
   * one; it is not among them. Readers that do not know the field deliver the event without it.
   */
  readonly deduplicated?: DeduplicatedEvents | undefined;
}

/** Why a message is a dead letter. */
export const FAILURE_REASONS = [
  /** PagerDuty refused it; sending it again would not help. */
  'rejected',
  /** It could not be delivered within the time the stage allows. */
  'retries_exhausted',
  /** No route takes it (any more). */
  'no_route',
  /** It is not a message of ours, or not a Glasnostic event. */
  'malformed',
] as const;

/** Why a message is a dead letter: one of {@link FAILURE_REASONS}. */
export type FailureReason = (typeof FAILURE_REASONS)[number];

/** Names of a dead letter's message attributes. A letter that SQS itself moved has none of them. */
export const DEAD_LETTER_ATTRIBUTES = {
  /** One of {@link FAILURE_REASONS}. */
  reason: 'FailureReason',
  /** PagerDuty's own words, or ours; at most 1 KB, never a key. */
  detail: 'FailureDetail',
  /** Status of PagerDuty's last answer; absent when there was none. */
  httpStatus: 'HttpStatus',
  /** How often the message was received before it was given up. */
  receiveCount: 'ReceiveCount',
  /** When it was given up, ISO 8601 in UTC. */
  failedAt: 'FailedAt',
  /** Its message ID on the events queue. */
  originalMessageId: 'OriginalMessageId',
} as const;

/** Longest `FailureDetail`, in bytes of UTF-8. */
export const MAX_FAILURE_DETAIL_BYTES = 1024;

/**
 * Writes the message body around the event's own text, which stays as it was received: numbers
 * keep their digits, fields their order, and nothing is nested deeper or grows.
 *
 * @param eventJson the event's JSON text, already known to parse
 */
export function writeEventMessage(
  meta: Pick<EventMessage, 'receivedAt' | 'requestId'>,
  eventJson: string,
): string {
  const head = JSON.stringify({ version: MESSAGE_VERSION, ...meta }).slice(0, -1);
  return `${head},"event":${escapeRefused(eventJson)}}`;
}

/** `deduplicated` where {@link withDeduplicated} puts it. Nothing in it is nested, so no event looks like it. */
const DEDUPLICATED_AT_END = /,"deduplicated":\{[^{}]*\}(?=\}$)/;

/**
 * Says in a body which older events it stands for, instead of what it said of that before. The event
 * stays as it was received.
 *
 * @param body one that {@link readEventMessage} can read
 */
export function withDeduplicated(body: string, deduplicated: DeduplicatedEvents): string {
  const { count, first, last, ratio } = deduplicated;
  const text = JSON.stringify({
    count,
    first: new Date(first).toISOString(),
    last: new Date(last).toISOString(),
    // JSON knows no infinity, to which a threshold next to nothing leads.
    ratio: ratio === undefined ? undefined : Math.max(0, Math.min(ratio, Number.MAX_VALUE)),
  });
  return `${body.trimEnd().replace(DEDUPLICATED_AT_END, '').slice(0, -1)},"deduplicated":${text}}`;
}

/** Adds up what two events stand for. */
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

/** Reads `deduplicated`. A wrong one, as only an edited export can hold, is dropped: the page matters more. */
function readDeduplicated(value: unknown): DeduplicatedEvents | undefined {
  if (!isJsonObject(value)) return undefined;
  const { count, ratio } = value;
  if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 1) return undefined;
  const [first, last] = [timeOf(value['first']), timeOf(value['last'])];
  if (Number.isNaN(first) || Number.isNaN(last)) return undefined;
  return typeof ratio === 'number' && Number.isFinite(ratio)
    ? { count, first, last, ratio }
    : { count, first, last };
}

/**
 * Reads a message body.
 *
 * @returns the message, or a sentence that says what is wrong with it
 */
export function readEventMessage(body: string): EventMessage | string {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return 'The body is not JSON.';
  }
  if (!isJsonObject(value)) return 'The body is not a JSON object.';
  const { version, receivedAt, requestId, event } = value;
  if (version !== MESSAGE_VERSION) {
    // Anything else that is not a number could be of any size and depth.
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
  };
}
