/**
 * PagerDuty's checks of an event. They follow PagerDuty's documentation alone, not what this project
 * sends.
 *
 * https://developer.pagerduty.com/docs/send-alert-event and
 * https://developer.pagerduty.com/docs/events-api-v2-overview
 */

import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';

const ACTIONS = ['trigger', 'acknowledge', 'resolve'] as const;

/** Action of an event. */
export type EventAction = (typeof ACTIONS)[number];

const SEVERITIES = ['critical', 'warning', 'error', 'info'] as const;

/** An event that PagerDuty accepts. */
export interface AcceptedEvent {
  readonly routingKey: string;
  readonly action: EventAction;
  /** Absent in a trigger for which PagerDuty generates one. */
  readonly dedupKey?: string;
  /** The event as it was sent. */
  readonly event: JsonObject;
}

const MAX_SUMMARY = 1024;
const MAX_DEDUP_KEY = 255;

/** Each part has two digits: an hour such as `7:00` is refused. */
const ISO_8601 =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?(?:Z|[+-]\d{2}(?::?\d{2})?)?)?$/;

function isBlank(value: unknown): boolean {
  return (
    value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
  );
}

/** Errors of a text field. */
function* textErrors(
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

function* routingKeyErrors(key: unknown): Generator<string> {
  if (isBlank(key) || typeof key !== 'string') {
    yield `'routing_key' is missing or blank`;
    return;
  }
  if (key.length !== 32) yield `Length of 'routing_key' is incorrect (should be 32 characters)`;
  if (!/^[A-Za-z0-9]*$/.test(key))
    yield `'routing_key' cannot contain non-alphanumeric characters.`;
}

function* payloadErrors(payload: unknown): Generator<string> {
  if (!isJsonObject(payload)) {
    yield `'payload' is missing or blank`;
    return;
  }
  yield* textErrors(payload['summary'], 'payload.summary', { required: true, max: MAX_SUMMARY });
  yield* textErrors(payload['source'], 'payload.source', { required: true });
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
    yield* textErrors(payload[name], `payload.${name}`);
  }
  const details = payload['custom_details'];
  if (details !== undefined && !isJsonObject(details)) {
    yield `'payload.custom_details' is invalid (must be an object)`;
  }
}

function* listErrors(
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

function* urlErrors(value: unknown, where: string, scheme: RegExp): Generator<string> {
  yield* textErrors(value, where, { required: true });
  if (typeof value !== 'string' || isBlank(value)) return;
  if (!scheme.test(value) || !URL.canParse(value)) yield `'${where}' is invalid (must be a URL)`;
}

function* linkErrors(link: JsonObject, where: string): Generator<string> {
  yield* urlErrors(link['href'], `${where}.href`, /^https?:/i);
  yield* textErrors(link['text'], `${where}.text`);
}

function* imageErrors(image: JsonObject, where: string): Generator<string> {
  yield* urlErrors(image['src'], `${where}.src`, /^https:/i);
  yield* textErrors(image['href'], `${where}.href`);
  yield* textErrors(image['alt'], `${where}.alt`);
}

function* dedupKeyErrors(key: unknown, action: EventAction | undefined): Generator<string> {
  const required = action === 'acknowledge' || action === 'resolve';
  yield* textErrors(key, 'dedup_key', { required, max: MAX_DEDUP_KEY });
}

function* eventErrors(event: JsonObject, action: EventAction | undefined): Generator<string> {
  yield* routingKeyErrors(event['routing_key']);
  if (action === undefined) {
    yield isBlank(event['event_action'])
      ? `'event_action' is missing or blank`
      : `'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')`;
  }
  yield* dedupKeyErrors(event['dedup_key'], action);
  if (action === 'trigger') yield* payloadErrors(event['payload']);
  yield* listErrors(event['links'], 'links', linkErrors);
  yield* listErrors(event['images'], 'images', imageErrors);
  yield* textErrors(event['client'], 'client');
  yield* textErrors(event['client_url'], 'client_url');
}

/**
 * Checks an event as PagerDuty does.
 *
 * @returns the event, or all its errors, each with a path
 */
export function validateEvent(value: unknown): AcceptedEvent | readonly string[] {
  if (!isJsonObject(value)) return ['Event object is not a JSON object'];
  const action = ACTIONS.find((known) => known === value['event_action']);
  const errors = [...eventErrors(value, action)];
  const { routing_key: routingKey, dedup_key: dedupKey } = value;
  if (errors.length > 0 || action === undefined || typeof routingKey !== 'string') return errors;
  return {
    routingKey,
    action,
    ...(typeof dedupKey === 'string' && !isBlank(dedupKey) ? { dedupKey } : {}),
    event: value,
  };
}
