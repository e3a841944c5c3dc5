import * as v from 'valibot';

import { isJsonObject, type JsonObject } from '../shared/json.ts';
import { type UnmappedField, unmappedFields } from './unmapped-fields.ts';

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
  /** What was sent outside the content and is in none of the fields above, except the URL. */
  readonly unmapped: readonly UnmappedField[];
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
const wrongId = 'must be a string, or a whole number below 2^53';
const id = v.pipe(
  v.union([v.string(), v.pipe(v.number(), v.safeInteger(wrongId))], wrongId),
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

/** An object and not an array, whatever else it contains. */
const object = <T extends v.ObjectEntries>(entries: T) =>
  v.pipe(v.custom<JsonObject>(isJsonObject, 'must be an object'), v.object(entries));

const eventSchema = object({
  type: v.literal('EVENT'),
  time: v.optional(v.unknown()),
  environment: object({ id, name: optional(text) }),
  webhook: v.nullish(
    object({
      id: optional(id),
      eventType: optional(text),
      parameter: optional(
        object({
          domain: optional(text),
          viewId: optional(id),
          metric: optional(text),
          threshold: optional(number),
        }),
      ),
    }),
  ),
  event: v.nullish(
    object({
      time: v.optional(v.unknown()),
      domain: optional(text),
      content: v.optional(v.unknown()),
      view: v.nullish(object({ id: v.nullish(id), name: optional(text) })),
    }),
  ),
});

const contentSchema = v.object({
  metric: optional(text),
  value: optional(number),
  threshold: optional(number),
  limit: optional(number),
  unit: optional(text),
});

function kindOf(facts: {
  readonly eventType: string | undefined;
  readonly domain: string | undefined;
  readonly hasLimit: boolean;
  readonly hasThreshold: boolean;
}): EventKind {
  const type = facts.eventType?.toUpperCase() ?? '';
  const domain = facts.domain?.toUpperCase() ?? '';
  if (domain === 'SEGMENTATION' || type.includes('SEGMENT') || type.includes('DENIED')) {
    return 'segmentation-denied';
  }
  if (type.includes('LIMIT')) return 'limit-reached';
  if (type.includes('THRESHOLD')) return 'threshold-exceeded';
  // The documented threshold event says its type nowhere.
  if (facts.hasLimit && !facts.hasThreshold) return 'limit-reached';
  return domain === 'VIEWS' ? 'threshold-exceeded' : 'event';
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

type SentEvent = v.InferOutput<typeof eventSchema>;

function toEvent(sent: SentEvent, body: JsonObject): GlasnosticEvent {
  const parameter = sent.webhook?.parameter;
  const content = contentOf(sent.event?.content);
  const { metric, value, threshold, limit, unit } = v.parse(contentSchema, content);
  const domain = sent.event?.domain ?? parameter?.domain ?? undefined;
  const viewId = sent.event?.view?.id ?? parameter?.viewId ?? undefined;
  const kind = kindOf({
    eventType: sent.webhook?.eventType ?? undefined,
    domain,
    hasLimit: isPresent(limit),
    hasThreshold: isPresent(threshold) || isPresent(parameter?.threshold),
  });
  const bound = kind === 'limit-reached' ? (limit ?? threshold) : (threshold ?? limit);
  return {
    kind,
    environment: { id: sent.environment.id, name: sent.environment.name ?? undefined },
    view:
      viewId === undefined ? undefined : { id: viewId, name: sent.event?.view?.name ?? undefined },
    domain,
    metric: metric ?? parameter?.metric ?? undefined,
    value: value ?? undefined,
    threshold: bound ?? parameter?.threshold ?? undefined,
    unit: unit ?? undefined,
    time: sent.event?.time ?? sent.time,
    webhookId: sent.webhook?.id ?? undefined,
    content,
    unmapped: unmappedOf(sent, body, { kind, hasView: viewId !== undefined }),
  };
}

const isPresent = (value: unknown): boolean => value !== undefined && value !== null;

/** The content as an object. What is none is shown as it is rather than dropped. */
function contentOf(sent: unknown): JsonObject {
  if (isJsonObject(sent)) return sent;
  return isPresent(sent) ? { content: sent } : {};
}

const fieldOf = (parent: unknown, name: string): unknown =>
  isJsonObject(parent) ? parent[name] : undefined;

function unmappedOf(
  sent: SentEvent,
  body: JsonObject,
  taken: { readonly kind: EventKind; readonly hasView: boolean },
): readonly UnmappedField[] {
  const { environment, webhook, event } = sent;
  // A kind that we do not know has nothing else that says what happened.
  const eventType = taken.kind === 'event' ? undefined : webhook?.eventType;
  const view = taken.hasView ? event?.view : {};
  // Not the URL: it is the way in, and names nothing that happened. Not the times: one of them is
  // the event's, and they are the same in everything that Glasnostic documents.
  return [
    ...unmappedFields(body, { ...sent, time: true }),
    ...unmappedFields(body['environment'], environment, 'environment.'),
    ...unmappedFields(body['webhook'], { ...webhook, eventType, url: true }, 'webhook.'),
    ...unmappedFields(
      fieldOf(body['webhook'], 'parameter'),
      webhook?.parameter ?? {},
      'webhook.parameter.',
    ),
    ...unmappedFields(body['event'], { ...event, time: true, content: true }, 'event.'),
    ...unmappedFields(fieldOf(body['event'], 'view'), view ?? {}, 'event.view.'),
  ];
}
