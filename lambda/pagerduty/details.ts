import { readTime } from '../glasnostic/time.ts';
import { formatDuration } from '../shared/duration.ts';
import type { GlasnosticEvent } from '../glasnostic/event.ts';

/** Several events that one call stands for. */
export interface Deduplicated {
  /** How many events, the one that speaks included. */
  readonly count: number;
  /** When the first and the last of them happened, milliseconds since 1970. */
  readonly first: number;
  readonly last: number;
}

/** What the details say beside the event itself. */
export interface DetailContext {
  /** When ingest accepted the event, ISO 8601. */
  readonly receivedAt: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly deduplicated?: Deduplicated | undefined;
}

/** From this wait on, milliseconds, the responder is told that the page is late. */
const DELAY_WORTH_MENTIONING = 5 * 60_000;

/** Name of the field that says that others were left out. */
const CUT = 'cut';

/** Deeper than this, unknown fields are cut: nobody reads them, and recursion must end. */
const MAX_DEPTH = 20;

/**
 * A copy of unknown input that any consumer can walk, and any JSON parser read: several refuse half
 * a surrogate pair, which a sender makes by cutting a name inside an emoji.
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

function excessOf(event: GlasnosticEvent): string | undefined {
  const { value, threshold, unit } = event;
  if (value === undefined || threshold === undefined || value <= threshold) return undefined;
  // Sums of decimals end in …0000004; ten significant digits are more than any metric has.
  const difference = Number((value - threshold).toPrecision(10));
  const amount = unit === undefined ? `${difference}` : `${difference} ${unit}`;
  return threshold > 0 ? `${amount} (${Math.round((difference / threshold) * 100)} %)` : amount;
}

/** The fields of the content that are not already shown under their own name. */
function unknownContent(event: GlasnosticEvent): [string, unknown][] {
  const shown: Record<string, unknown> = {
    metric: event.metric,
    value: event.value,
    threshold: event.threshold,
    limit: event.threshold,
    unit: event.unit,
  };
  return Object.entries(event.content).filter(
    ([key, value]) => !(Object.hasOwn(shown, key) && shown[key] === value),
  );
}

function knownEntries(entries: [string, unknown][]): [string, unknown][] {
  return entries
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, sanitize(value)]);
}

/** What the responder reads below the summary. Unknown fields come last and never hide a known one. */
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
    ['webhook_id', event.webhookId],
    ['received_at', context.receivedAt],
    ['delayed_by', waited > DELAY_WORTH_MENTIONING ? formatDuration(waited) : undefined],
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
  const names = new Set([...known.map(([name]) => name), CUT]);
  const unknown = [...unknownContent(event), ...event.unmapped].map(
    ([name, value]): [string, unknown] => {
      let free = name.toWellFormed();
      while (names.has(free)) free = `event_${free}`;
      names.add(free);
      return [free, sanitize(value, 1)];
    },
  );
  return Object.fromEntries([...known, ...unknown]);
}

/** Cuts details down to `most` bytes of JSON, the largest fields first, and says so. */
export function cutDetails(
  details: Readonly<Record<string, unknown>>,
  most: number,
): Readonly<Record<string, unknown>> {
  const sizes = Object.entries(details)
    .map(([name, value]) => ({ name, bytes: jsonBytes(name) + jsonBytes(value) + 2 }))
    .toSorted((a, b) => b.bytes - a.bytes);
  let total = sizes.reduce((sum, { bytes }) => sum + bytes, 2);
  if (total <= most) return details;
  const dropped = new Set<string>();
  for (const { name, bytes } of sizes) {
    if (total + jsonBytes(cutNote(dropped.size)) + 10 <= most) break;
    total -= bytes;
    dropped.add(name);
  }
  return Object.fromEntries([
    ...Object.entries(details).filter(([name]) => !dropped.has(name)),
    [CUT, cutNote(dropped.size)],
  ]);
}

function cutNote(count: number): string {
  return `${count} field(s) left out: PagerDuty takes 512,000 bytes.`;
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}
