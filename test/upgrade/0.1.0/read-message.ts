/** How version 0.1.0 reads the body of a message: its own code, never changed. */

import { isJsonObject } from '../../../lambda/shared/json.ts';

const MESSAGE_VERSION = 1;

/**
 * Summary of events that were deduplicated into one. A body has its times in ISO 8601, UTC; this
 * type has them in milliseconds since 1970.
 */
interface DeduplicatedEvents {
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
interface EventMessage {
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
}

function timeOf(value: unknown): number {
  return typeof value === 'string' ? Date.parse(value) : Number.NaN;
}

/** Parses `deduplicated`. An invalid value is ignored, so that the event is still delivered. */
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
 * Parses a message body.
 *
 * @returns the message, or a sentence that says why the body is not one
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
  };
}
