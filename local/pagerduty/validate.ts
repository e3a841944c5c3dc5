/**
 * What PagerDuty checks of an event. Written from PagerDuty's documentation alone, and not from
 * what our delivery sends: this plays the vendor.
 *
 * https://developer.pagerduty.com/docs/send-alert-event and
 * https://developer.pagerduty.com/docs/events-api-v2-overview
 */

import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';

const ACTIONS = ['trigger', 'acknowledge', 'resolve'] as const;

/** What an event asks for. */
export type EventAction = (typeof ACTIONS)[number];

const SEVERITIES = ['critical', 'warning', 'error', 'info'] as const;

/** An event that PagerDuty takes. */
export interface AcceptedEvent {
  readonly routingKey: string;
  readonly action: EventAction;
  /** Absent when a trigger leaves it to PagerDuty. */
  readonly dedupKey?: string;
  /** The event as it was sent. */
  readonly event: JsonObject;
}

const MAX_SUMMARY = 1024;
const MAX_DEDUP_KEY = 255;

/** Each part has its two digits; an hour such as `7:00` is refused. */
const ISO_8601 =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?(?:Z|[+-]\d{2}(?::?\d{2})?)?)?$/;

function isBlank(value: unknown): boolean {
  return (
    value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
  );
}

/** What is wrong with a text field, if it is there. */
function* textFaults(
  value: unknown,
  name: string,
  rules: { readonly required?: boolean; readonly max?: number } = {},
): Generator<string> {
  if (isBlank(value)) {
    if (rules.required === true) yield `'${name}' is missing or blank`;
  } else if (typeof value !== 'string') {
    yield `'${name}' is invalid (must be a string)`;
  } else if (rules.max !== undefined && value.length > rules.max) {
    yield `'${name}' is too long (maximum is ${rules.max} characters)`;
  }
}

function* routingKeyFaults(key: unknown): Generator<string> {
  if (isBlank(key) || typeof key !== 'string') {
    yield `'routing_key' is missing or blank`;
    return;
  }
  if (key.length !== 32) yield `Length of 'routing_key' is incorrect (should be 32 characters)`;
  if (!/^[A-Za-z0-9]*$/.test(key))
    yield `'routing_key' cannot contain non-alphanumeric characters.`;
}

function* payloadFaults(payload: unknown): Generator<string> {
  if (!isJsonObject(payload)) {
    yield `'payload' is missing or blank`;
    return;
  }
  yield* textFaults(payload['summary'], 'payload.summary', { required: true, max: MAX_SUMMARY });
  yield* textFaults(payload['source'], 'payload.source', { required: true });
  const severity = payload['severity'];
  if (isBlank(severity)) yield `'payload.severity' is missing or blank`;
  else if (!SEVERITIES.some((known) => known === severity)) {
    yield `'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')`;
  }
  const timestamp = payload['timestamp'];
  if (!isBlank(timestamp) && !(typeof timestamp === 'string' && ISO_8601.test(timestamp))) {
    yield `'payload.timestamp' is invalid (must be in ISO 8601 format)`;
  }
  for (const name of ['component', 'group', 'class']) {
    yield* textFaults(payload[name], `payload.${name}`);
  }
  const details = payload['custom_details'];
  if (details !== undefined && !isJsonObject(details)) {
    yield `'payload.custom_details' is invalid (must be an object)`;
  }
}

function* listFaults(
  list: unknown,
  name: string,
  check: (item: JsonObject, where: string) => Generator<string>,
): Generator<string> {
  if (list === undefined) return;
  if (!Array.isArray(list)) {
    yield `'${name}' is invalid (must be an array)`;
    return;
  }
  for (const [index, item] of list.entries()) {
    const where = `${name}[${index}]`;
    if (isJsonObject(item)) yield* check(item, where);
    else yield `'${where}' is invalid (must be an object)`;
  }
}

function* urlFaults(value: unknown, where: string, scheme: RegExp): Generator<string> {
  yield* textFaults(value, where, { required: true });
  if (typeof value !== 'string' || isBlank(value)) return;
  if (!scheme.test(value) || !URL.canParse(value)) yield `'${where}' is invalid (must be a URL)`;
}

function* linkFaults(link: JsonObject, where: string): Generator<string> {
  yield* urlFaults(link['href'], `${where}.href`, /^https?:/i);
  yield* textFaults(link['text'], `${where}.text`);
}

function* imageFaults(image: JsonObject, where: string): Generator<string> {
  yield* urlFaults(image['src'], `${where}.src`, /^https:/i);
  yield* textFaults(image['href'], `${where}.href`);
  yield* textFaults(image['alt'], `${where}.alt`);
}

function* dedupKeyFaults(key: unknown, action: EventAction | undefined): Generator<string> {
  const required = action === 'acknowledge' || action === 'resolve';
  yield* textFaults(key, 'dedup_key', { required, max: MAX_DEDUP_KEY });
}

function* eventFaults(event: JsonObject, action: EventAction | undefined): Generator<string> {
  yield* routingKeyFaults(event['routing_key']);
  if (action === undefined) {
    yield isBlank(event['event_action'])
      ? `'event_action' is missing or blank`
      : `'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')`;
  }
  yield* dedupKeyFaults(event['dedup_key'], action);
  if (action === 'trigger') yield* payloadFaults(event['payload']);
  yield* listFaults(event['links'], 'links', linkFaults);
  yield* listFaults(event['images'], 'images', imageFaults);
  yield* textFaults(event['client'], 'client');
  yield* textFaults(event['client_url'], 'client_url');
}

/**
 * Checks an event as PagerDuty does.
 *
 * @returns the event, or everything that is wrong with it, each named by its path
 */
export function validateEvent(value: unknown): AcceptedEvent | readonly string[] {
  if (!isJsonObject(value)) return ['Event object is not a JSON object'];
  const action = ACTIONS.find((known) => known === value['event_action']);
  const faults = [...eventFaults(value, action)];
  const { routing_key: routingKey, dedup_key: dedupKey } = value;
  if (faults.length > 0 || action === undefined || typeof routingKey !== 'string') return faults;
  return {
    routingKey,
    action,
    ...(typeof dedupKey === 'string' && !isBlank(dedupKey) ? { dedupKey } : {}),
    event: value,
  };
}
