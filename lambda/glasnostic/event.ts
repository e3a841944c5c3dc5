import * as v from 'valibot';

import { isJsonObject, type JsonObject } from '../shared/json.ts';

/** What happened, in PagerDuty's `class` spelling. `event` stands for a kind we do not know yet. */
export type EventKind = 'threshold-exceeded' | 'limit-reached' | 'segmentation-denied' | 'event';

/** Something with an ID in Glasnostic, and the name people know it by, if it was sent. */
export interface Named {
  readonly id: string;
  readonly name?: string | undefined;
}

/**
 * A Glasnostic event behind the boundary: IDs are non-blank strings, whatever is not needed to
 * route the event may be missing, and nothing that was sent is thrown away.
 */
export interface GlasnosticEvent {
  readonly kind: EventKind;
  readonly environment: Named;
  /** Absent for events that are not about one view, such as denied connections. */
  readonly view?: Named | undefined;
  /** `VIEWS`, `SEGMENTATION`, or what Glasnostic may add. */
  readonly domain?: string | undefined;
  readonly metric?: string | undefined;
  /** The measured value, in `unit`. May be below the threshold: the console's preview sends 0. */
  readonly value?: number | undefined;
  /** The threshold or limit that was set, in `unit`. */
  readonly threshold?: number | undefined;
  readonly unit?: string | undefined;
  /** The event's own time as it was sent, readable or not. */
  readonly time?: unknown;
  readonly webhookId?: string | undefined;
  /** Every field of the event's content, known or not. */
  readonly content: JsonObject;
  /** Every field outside the content that this bridge does not know. */
  readonly unknown: JsonObject;
}

/** One thing that keeps a body from being a Glasnostic event. */
export interface EventError {
  /** Where, such as `environment.id`; empty for the whole body. */
  readonly path: string;
  readonly message: string;
}

/** What a JSON object turned out to be. */
export type ParsedEvent =
  | { readonly outcome: 'event'; readonly event: GlasnosticEvent }
  | { readonly outcome: 'ignored'; readonly reason: string }
  | { readonly outcome: 'invalid'; readonly errors: readonly EventError[] };

const isBlank = (text: string): boolean => text.trim() === '';

// Glasnostic sends IDs as strings and as numbers (`webhook.id` is both). Beyond 2^53 a number has
// lost digits when it gets here, and two IDs could become one.
const id = v.pipe(
  v.union(
    [v.string(), v.pipe(v.number(), v.safeInteger())],
    'must be a string, or a whole number below 2^53',
  ),
  v.transform(String),
  v.check((text) => !isBlank(text), 'must not be blank'),
);

/** For what only the responder reads: a value of another type is as good as none. */
const optional = <T extends v.GenericSchema>(schema: T) =>
  v.optional(v.fallback(v.nullish(schema), undefined));
const text = v.pipe(
  v.string(),
  v.check((value) => !isBlank(value)),
);
const number = v.pipe(v.number(), v.finite());

const requiredObject = 'must be an object';

const eventSchema = v.object({
  type: v.literal('EVENT'),
  time: v.unknown(),
  environment: v.object({ id, name: optional(text) }, requiredObject),
  webhook: v.nullish(
    v.object(
      {
        id: optional(id),
        eventType: optional(text),
        parameter: optional(
          v.object({
            domain: optional(text),
            viewId: optional(id),
            metric: optional(text),
            threshold: optional(number),
          }),
        ),
      },
      requiredObject,
    ),
  ),
  event: v.nullish(
    v.object(
      {
        time: v.unknown(),
        domain: optional(text),
        content: v.unknown(),
        view: v.nullish(v.object({ id: v.nullish(id), name: optional(text) }, requiredObject)),
      },
      requiredObject,
    ),
  ),
});

const contentSchema = v.object({
  metric: optional(text),
  value: optional(number),
  threshold: optional(number),
  limit: optional(number),
  unit: optional(text),
});

const KNOWN_TOP = new Set(['type', 'time', 'environment', 'webhook', 'event']);
const KNOWN_EVENT = new Set(['time', 'domain', 'content', 'view']);

function without(object: unknown, known: ReadonlySet<string>): [string, unknown][] {
  return isJsonObject(object) ? Object.entries(object).filter(([key]) => !known.has(key)) : [];
}

function kindOf(facts: {
  readonly eventType: string | undefined;
  readonly domain: string | undefined;
  readonly hasLimit: boolean;
}): EventKind {
  const type = facts.eventType?.toUpperCase() ?? '';
  const domain = facts.domain?.toUpperCase() ?? '';
  if (domain === 'SEGMENTATION' || type.includes('SEGMENT') || type.includes('DENIED')) {
    return 'segmentation-denied';
  }
  if (type.includes('LIMIT') || facts.hasLimit) return 'limit-reached';
  if (type.includes('THRESHOLD') || domain === 'VIEWS') return 'threshold-exceeded';
  return 'event';
}

/**
 * Reads a JSON object as a Glasnostic event. Requires what routing needs and no more, because the
 * vendor documents the content of only one of the three kinds in full.
 */
export function parseEvent(body: JsonObject): ParsedEvent {
  const { type } = body;
  if (typeof type === 'string' && type !== 'EVENT') {
    return { outcome: 'ignored', reason: `The type is ${quote(type)}, not "EVENT".` };
  }
  if (type === undefined || type === null || typeof type !== 'string') {
    return { outcome: 'invalid', errors: [{ path: 'type', message: 'must be "EVENT"' }] };
  }
  const parsed = v.safeParse(eventSchema, body);
  if (!parsed.success) {
    return {
      outcome: 'invalid',
      errors: parsed.issues.map((issue) => ({
        path: v.getDotPath(issue) ?? '',
        message: issue.received === 'undefined' ? 'is missing' : issue.message,
      })),
    };
  }
  return { outcome: 'event', event: toEvent(parsed.output, body) };
}

/** A piece of input in a message: quoted, escaped, and short enough to read. */
export function quote(input: string, most = 100): string {
  return JSON.stringify(input.length > most ? `${input.slice(0, most)}…` : input);
}

function toEvent(sent: v.InferOutput<typeof eventSchema>, body: JsonObject): GlasnosticEvent {
  const parameter = sent.webhook?.parameter;
  const rawContent = sent.event?.content;
  const content = isJsonObject(rawContent)
    ? rawContent
    : // Not an object: show it as it is rather than drop it.
      rawContent === undefined || rawContent === null
      ? {}
      : { content: rawContent };
  const known = v.parse(contentSchema, content);
  const domain = sent.event?.domain ?? parameter?.domain ?? undefined;
  const viewId = sent.event?.view?.id ?? parameter?.viewId ?? undefined;
  return {
    kind: kindOf({
      eventType: sent.webhook?.eventType ?? undefined,
      domain,
      hasLimit: known.limit !== undefined && known.limit !== null,
    }),
    environment: { id: sent.environment.id, name: sent.environment.name ?? undefined },
    view:
      viewId === undefined ? undefined : { id: viewId, name: sent.event?.view?.name ?? undefined },
    domain,
    metric: known.metric ?? parameter?.metric ?? undefined,
    value: known.value ?? undefined,
    threshold: known.threshold ?? known.limit ?? parameter?.threshold ?? undefined,
    unit: known.unit ?? undefined,
    time: sent.event?.time ?? sent.time,
    webhookId: sent.webhook?.id ?? undefined,
    content,
    unknown: Object.fromEntries([
      ...without(body, KNOWN_TOP),
      ...without(body['event'], KNOWN_EVENT),
    ]),
  };
}
