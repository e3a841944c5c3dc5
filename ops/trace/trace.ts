/** What became of one event, from the log lines of the functions and the dead-letter queue. */

import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';
import { TEST_NOT_RESOLVED, TEST_RESOLVED } from '../../lambda/shared/test-lines.ts';

/** A log line about the event. */
export interface TraceStep {
  /** When it was written, milliseconds since 1970; `undefined` if the line does not say it. */
  readonly at: number | undefined;
  /** The line's message, such as `Event accepted`. */
  readonly message: string;
  /** The line's fields that say what happened, in the order of {@link SHOWN}. */
  readonly fields: Readonly<Record<string, string | number>>;
}

/** Result of a trace. */
export type Fate =
  /** PagerDuty accepted a call that stands for the event. */
  | 'delivered'
  /** Accepted by ingest, and the last line says that it waits. */
  | 'waiting'
  /** Accepted by ingest, and no line of delivery names it. */
  | 'accepted'
  | 'dead_letter'
  /** It was a dead letter, and is not in the dead-letter queue any more. */
  | 'was_dead_letter'
  | 'ignored'
  /** Ingest did not accept it. */
  | 'refused'
  /** There is no line about it, and no dead letter. */
  | 'unknown';

/** Fields of a log line that a trace shows. Each is a name or a number; none is a secret. */
const SHOWN = [
  'outcome',
  'status',
  'reason',
  'cause',
  'detail',
  'pagerduty_service',
  'severity',
  'dedup_key',
  'environment',
  'view',
  'events',
  'delay_ms',
] as const;

/** Fields that name events by their request IDs or message IDs. */
const ID_FIELDS = ['request_id', 'message_id', 'request_ids', 'message_ids'] as const;

function idsIn(line: JsonObject): readonly unknown[] {
  return ID_FIELDS.flatMap((name) => line[name] ?? []);
}

/** True if a log line names one of the IDs. */
export function mentions(line: JsonObject, ids: readonly string[]): boolean {
  const named = idsIn(line);
  return ids.some((id) => named.includes(id));
}

/**
 * All IDs of an event: the one that is known, and the others in the lines that have both the request
 * ID and the message ID. A replayed event has several message IDs.
 */
export function idsOf(id: string, lines: readonly JsonObject[]): readonly string[] {
  const pairs = lines.map(({ request_id: request, message_id: message }) => [request, message]);
  const known = pairs.filter((pair) => pair.includes(id)).flat();
  return [...new Set([id, ...known.filter((one) => typeof one === 'string')])];
}

function stepOf(line: JsonObject): TraceStep {
  const at = Date.parse(String(line['timestamp']));
  const shown = SHOWN.flatMap((name) => {
    const value = line[name];
    return typeof value === 'string' || typeof value === 'number' ? [[name, value] as const] : [];
  });
  return {
    at: Number.isNaN(at) ? undefined : at,
    message: String(line['message']),
    fields: Object.fromEntries(shown),
  };
}

/** The steps of an event: the lines that name one of its IDs, the oldest first. */
export function stepsOf(lines: readonly JsonObject[], ids: readonly string[]): TraceStep[] {
  return lines
    .filter((line) => mentions(line, ids))
    .map(stepOf)
    .toSorted((a, b) => (a.at ?? 0) - (b.at ?? 0));
}

/** Fate of an event after a line with this message; the messages are those of the functions. */
const FATES: Readonly<Record<string, Fate>> = {
  'Event accepted': 'accepted',
  'Event ignored': 'ignored',
  'Request refused': 'refused',
  'The event could not be enqueued and was not accepted': 'refused',
  'AWS did not answer in time; the event was not accepted': 'refused',
  'The webhook token cannot be read; the event was not accepted': 'refused',
  'The bridge failed to process a request': 'refused',
  'PagerDuty accepted an event': 'delivered',
  [TEST_RESOLVED]: 'delivered',
  [TEST_NOT_RESOLVED]: 'delivered',
  'A PagerDuty call failed and will be retried': 'waiting',
  'Events wait': 'waiting',
  'Events wait for an integration key': 'waiting',
  'Events wait after an internal error': 'waiting',
  'An event became a dead letter': 'was_dead_letter',
  'Events became dead letters': 'was_dead_letter',
};

/**
 * What became of an event.
 *
 * @param steps the oldest first
 * @param isDeadLetter it is in the dead-letter queue now
 */
export function fateOf(steps: readonly TraceStep[], isDeadLetter: boolean): Fate {
  if (isDeadLetter) return 'dead_letter';
  const fates = steps.flatMap(({ message }) => FATES[message] ?? []);
  return fates.at(-1) ?? 'unknown';
}

/** Log lines as JSON objects; other lines are left out. */
export function parseLines(texts: readonly string[]): readonly JsonObject[] {
  return texts.flatMap((text) => {
    try {
      const value: unknown = JSON.parse(text);
      return isJsonObject(value) ? [value] : [];
    } catch {
      // Lambda writes lines that are not JSON, such as those of a crash.
      return [];
    }
  });
}
