import type { GlasnosticEvent } from '../glasnostic/event.ts';
import { readTime } from '../glasnostic/time.ts';
import { formatDuration } from '../shared/duration.ts';
import type { DetailName } from '../shared/detail-names.ts';
import type { DeduplicatedEvents } from '../shared/message.ts';
import type { Severity } from '../shared/routes.ts';

/** Input of {@link detailsOf} beside the event. */
export interface DetailContext {
  /** When ingest accepted the event, ISO 8601. */
  readonly receivedAt: string;
  /** When the call begins, milliseconds since 1970. */
  readonly now: number;
  /** All events for which the call stands, including this one. */
  readonly deduplicated?: DeduplicatedEvents | undefined;
  /** Severity of the call. */
  readonly severity: Severity;
  /** Severity of this event. It can be lower than that of the call. */
  readonly ownSeverity: Severity;
  /** Fixed fields of the event's route. None has the name of a field of the bridge. */
  readonly fixed?: Readonly<Record<string, string>> | undefined;
}

/** Delay from which the details show it, milliseconds. */
const MIN_SHOWN_DELAY = 5 * 60_000;

/** Name of the field that says how many fields were left out. */
const CUT = 'cut' satisfies DetailName;

/** Most unknown fields that are shown. A responder does not read more. */
const MAX_UNKNOWN_FIELDS = 200;

/**
 * The `custom_details` of an alert, which PagerDuty shows below its summary. The fixed fields of the
 * route come first, and unknown fields last. An unknown field that has the name of another one gets
 * the prefix `event_`.
 */
export function detailsOf(
  event: GlasnosticEvent,
  context: DetailContext,
): Readonly<Record<string, unknown>> {
  const waited = context.now - Date.parse(context.receivedAt);
  const { deduplicated } = context;
  const known = knownEntries([
    ['environment', { ...event.environment }],
    ['view', event.view && { ...event.view }],
    ['domain', event.domain],
    ['metric', event.metric],
    ['value', event.value],
    [event.kind === 'limit-reached' ? 'limit' : 'threshold', event.threshold],
    ['unit', event.unit],
    ['over_by', excessOf(event)],
    ['event_severity', context.ownSeverity === context.severity ? undefined : context.ownSeverity],
    ['webhook_id', event.webhookId],
    ['received_at', context.receivedAt],
    ['delayed_by', waited > MIN_SHOWN_DELAY ? formatDuration(waited) : undefined],
    [
      'deduplicated',
      deduplicated && deduplicated.count > 1
        ? {
            count: deduplicated.count,
            first: new Date(deduplicated.first).toISOString(),
            last: new Date(deduplicated.last).toISOString(),
          }
        : undefined,
    ],
    ['event_time', readTime(event.time) === undefined ? event.time : undefined],
  ]);
  const all = [...unknownContent(event), ...event.unmapped];
  const fixed = Object.entries(context.fixed ?? {});
  const freeName = freeNames([...[...fixed, ...known].map(([name]) => name), CUT]);
  const unknown = all
    .slice(0, MAX_UNKNOWN_FIELDS)
    .map(([name, value]) => [freeName(name.toWellFormed()), sanitize(value, 1)] as const);
  const leftOut = all.length - unknown.length;
  const note = `${fields(leftOut)} left out: at most ${MAX_UNKNOWN_FIELDS} unknown ones are shown.`;
  return Object.fromEntries([
    ...fixed,
    ...known,
    ...unknown,
    ...(leftOut > 0 ? [[CUT, note]] : []),
  ]);
}

function knownEntries(entries: [DetailName, unknown][]): [string, unknown][] {
  return entries
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, sanitize(value)]);
}

/** The difference between value and threshold, such as `12 r/s (40 %)`. */
function excessOf(event: GlasnosticEvent): string | undefined {
  const { value, threshold, unit } = event;
  if (value === undefined || threshold === undefined || value <= threshold) return undefined;
  // Binary fractions give results such as 0.30000000000000004; ten digits are enough.
  const difference = Number((value - threshold).toPrecision(10));
  const amount = unit === undefined ? `${difference}` : `${difference} ${unit}`;
  return threshold > 0 ? `${amount} (${Math.round((difference / threshold) * 100)} %)` : amount;
}

/** The fields of the content that the details do not show under their own name. */
function unknownContent(event: GlasnosticEvent): [string, unknown][] {
  const shown: Record<string, unknown> = {
    metric: event.metric,
    value: event.value,
    threshold: event.threshold,
    limit: event.threshold,
    unit: event.unit,
  };
  return Object.entries(event.content).filter(
    ([key, value]) => !(Object.hasOwn(shown, key) && isShownAs(value, shown[key])),
  );
}

/** Most digits of a number that a double always keeps. */
const EXACT_DIGITS = 15;

/**
 * True if what is shown says all of what was sent: the same text, or the same number. A number that
 * was sent as a text with more digits than a double keeps is not the same.
 */
function isShownAs(sent: unknown, shown: unknown): boolean {
  if (typeof sent !== 'string') return sent === shown;
  if (typeof shown === 'string') return sent.trim().normalize('NFC') === shown;
  return sent.length <= EXACT_DIGITS && Number(sent) === shown;
}

/**
 * Gives each name once. A name that is taken gets the prefix `event_`, and a number if that is
 * taken too. No number is tried twice for a name.
 */
function freeNames(taken: readonly string[]): (name: string) => string {
  const names = new Set(taken);
  const untried = new Map<string, number>();
  return (name) => {
    let free = name;
    while (names.has(free)) {
      const number = untried.get(name) ?? 1;
      untried.set(name, number + 1);
      free = number === 1 ? `event_${name}` : `event_${name}_${number}`;
    }
    names.add(free);
    return free;
  };
}

/** Deepest nesting of a value. Deeper ones are cut, which limits the recursion. */
const MAX_DEPTH = 20;

/**
 * Copies unknown input with limited depth and well-formed text. Several JSON parsers refuse a lone
 * surrogate, which a sender makes when it cuts a name inside an emoji.
 */
function sanitize(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return `… (nested deeper than ${MAX_DEPTH} levels)`;
  if (Array.isArray(value)) return value.map((item) => sanitize(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key.toWellFormed(), sanitize(item, depth + 1)]),
  );
}

/**
 * Leaves out the largest fields until the details have at most `most` bytes of JSON. The field
 * `cut` then says how many fields were left out.
 */
export function cutDetails(
  details: Readonly<Record<string, unknown>>,
  most: number,
): Readonly<Record<string, unknown>> {
  const sizes = Object.entries(details)
    .map(([name, value]) => ({ name, bytes: jsonBytes(name) + jsonBytes(value) + 2 }))
    .toSorted((a, b) => b.bytes - a.bytes);
  let total = sizes.reduce((sum, { bytes }) => sum + bytes, 2);
  if (total <= most) return details;
  const { [CUT]: earlier } = details;
  const dropped = new Set<string>();
  for (const { name, bytes } of sizes) {
    if (total + jsonBytes(cutNote(dropped.size)) + 10 <= most) break;
    total -= bytes;
    dropped.add(name);
  }
  return Object.fromEntries([
    ...Object.entries(details).filter(([name]) => !dropped.has(name)),
    [CUT, `${typeof earlier === 'string' ? `${earlier} ` : ''}${cutNote(dropped.size)}`],
  ]);
}

function fields(count: number): string {
  return count === 1 ? '1 field' : `${count} fields`;
}

function cutNote(count: number): string {
  return `${fields(count)} left out: PagerDuty takes 512,000 bytes.`;
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}
