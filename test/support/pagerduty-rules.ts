import { isJsonObject } from '../../lambda/shared/json.ts';

/**
 * PagerDuty's rules for an event of the Events API v2, written from its documentation and not from
 * the code, so that they can check the code.
 * https://developer.pagerduty.com/docs/send-alert-event
 */

const TOP = ['routing_key', 'event_action', 'dedup_key', 'payload', 'links', 'images'];
const TRIGGER_ONLY = ['client', 'client_url'];
const PAYLOAD = [
  'summary',
  'source',
  'severity',
  'timestamp',
  'component',
  'group',
  'class',
  'custom_details',
];
const SEVERITIES = ['critical', 'error', 'warning', 'info'];
const ISO_8601 =
  /^\d{4}-(0[1-9]|1[0-2])-([0-2]\d|3[01])T([01]\d|2[0-3])(:[0-5]\d){2}(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** Counts characters, not UTF-16 units. */
const count = (text: string): number => Array.from(text).length;
/** Only invisible characters: blanks, control and format characters, half surrogates. */
const isBlank = (text: string): boolean => !/[^\p{White_Space}\p{Cc}\p{Cf}\p{Cs}]/u.test(text);
/** Half a surrogate pair as a JSON escape, for which strict parsers refuse the whole body. */
const HALF_PAIR =
  /\\ud[89ab][0-9a-f]{2}(?!\\ud[c-f])|(?<!\\ud[89ab][0-9a-f]{2})\\ud[c-f][0-9a-f]{2}/i;

function isWebAddress(value: unknown): boolean {
  return typeof value === 'string' && URL.canParse(value) && /^https?:\/\//.test(value);
}

function payloadProblems(payload: unknown): string[] {
  if (!isJsonObject(payload)) return ['payload is not an object'];
  const { summary, source, severity, timestamp, custom_details: details } = payload;
  const problems = Object.keys(payload)
    .filter((name) => !PAYLOAD.includes(name))
    .map((name) => `payload.${name} is unknown`);
  if (typeof summary !== 'string' || isBlank(summary)) problems.push('summary is blank');
  else if (count(summary) > 1024) problems.push('summary is over 1024 characters');
  else if (/[\p{Cc}\u2028\u2029]/u.test(summary)) problems.push('summary is not one line');
  if (typeof source !== 'string' || isBlank(source)) problems.push('source is blank');
  if (typeof severity !== 'string' || !SEVERITIES.includes(severity)) {
    problems.push('severity is unknown');
  }
  if (timestamp !== undefined) {
    const isTime = typeof timestamp === 'string' && ISO_8601.test(timestamp);
    if (!isTime || Number.isNaN(Date.parse(timestamp))) problems.push('timestamp is not ISO 8601');
  }
  for (const name of ['component', 'group', 'class']) {
    const value = payload[name];
    if (value !== undefined && (typeof value !== 'string' || isBlank(value))) {
      problems.push(`${name} is not text`);
    }
  }
  if (details !== undefined && !isJsonObject(details)) problems.push('details are not an object');
  return problems;
}

/**
 * Problems of a request body by PagerDuty's rules.
 *
 * @returns one line per problem; none when PagerDuty accepts the event
 */
export function pagerDutyProblems(body: string): string[] {
  const event: unknown = JSON.parse(body);
  if (!isJsonObject(event)) return ['the event is not an object'];
  const { routing_key: key, event_action: action, dedup_key: dedupKey, links } = event;
  const known = action === 'trigger' ? [...TOP, ...TRIGGER_ONLY] : TOP;
  const problems = Object.keys(event)
    .filter((name) => !known.includes(name))
    .map((name) => `${name} is unknown`);
  if (Buffer.byteLength(body) > 512_000) problems.push('the body is over 512,000 bytes');
  if (HALF_PAIR.test(body.replaceAll('\\\\', ''))) problems.push('half a surrogate pair');
  if (typeof key !== 'string' || !/^[A-Za-z0-9]{32}$/.test(key)) problems.push('routing_key');
  if (action !== 'trigger' && action !== 'acknowledge' && action !== 'resolve') {
    problems.push('event_action is unknown');
  }
  if (typeof dedupKey !== 'string' || isBlank(dedupKey)) problems.push('dedup_key is blank');
  else if (dedupKey.length > 255) problems.push('dedup_key is over 255 characters');
  if (links !== undefined) {
    const isList =
      Array.isArray(links) &&
      links.every(
        (link) => isJsonObject(link) && isWebAddress(link['href']) && isText(link['text']),
      );
    if (!isList) problems.push('links are not a list of href and text');
  }
  if (event['client_url'] !== undefined && !isWebAddress(event['client_url'])) {
    problems.push('client_url is not an address');
  }
  return [...problems, ...payloadProblems(event['payload'])];
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && !isBlank(value);
}
