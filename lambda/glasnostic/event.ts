import * as v from 'valibot';

import { isJsonObject, type JsonObject } from '../shared/json.ts';
import type { RoutingFields } from '../shared/routes.ts';
import { quote } from '../shared/text.ts';
import { type UnmappedField, unmappedFields } from './unmapped-fields.ts';

/** Kind of an event, as in PagerDuty's field `class`. An event of any other kind is an `event`. */
export type EventKind = 'threshold-exceeded' | 'limit-reached' | 'segmentation-denied' | 'event';

/** An environment or a view of Glasnostic: its ID, and its name if the event has one. */
export interface Named {
  readonly id: string;
  readonly name?: string | undefined;
}

/**
 * A parsed Glasnostic event. Only the environment's ID is required. IDs are strings that are not
 * blank. Every other field that was sent is in `content` or `unmapped`, except the webhook's URL
 * and a second copy of the time.
 */
export interface GlasnosticEvent {
  readonly kind: EventKind;
  readonly environment: Named;
  /** Absent in events that are not about one view, such as denied connections. */
  readonly view?: Named | undefined;
  /** `VIEWS`, `SEGMENTATION`, or a domain that Glasnostic adds later. */
  readonly domain?: string | undefined;
  readonly metric?: string | undefined;
  /** The measured value, in `unit`; 0 in a preview from the Glasnostic console. */
  readonly value?: number | undefined;
  /** The threshold or limit, in `unit`. */
  readonly threshold?: number | undefined;
  readonly unit?: string | undefined;
  /** The time of the event as it was sent; `readTime` may not be able to read it. */
  readonly time?: unknown;
  readonly webhookId?: string | undefined;
  /** All fields of `event.content`, including those that are also fields of this type. */
  readonly content: JsonObject;
  /** Everything else that was sent, except the webhook's URL and the event's times. */
  readonly unmapped: readonly UnmappedField[];
}

/** A reason why a body is not a Glasnostic event. */
export interface EventError {
  /** Path of the field, such as `environment.id`; empty for the whole body. */
  readonly path: string;
  readonly message: string;
}

/** Result of parsing a JSON object. An object of another `type` than `EVENT` is ignored. */
export type ParsedEvent =
  | { readonly outcome: 'event'; readonly event: GlasnosticEvent }
  | { readonly outcome: 'ignored'; readonly reason: string }
  | { readonly outcome: 'invalid'; readonly errors: readonly EventError[] };

/**
 * Parses a Glasnostic event. It requires only the type and the environment's ID, because Glasnostic
 * documents the content of only one of its three kinds of event in full.
 */
export function parseEvent(body: JsonObject): ParsedEvent {
  const { type } = body;
  if (typeof type !== 'string') {
    return { outcome: 'invalid', errors: [{ path: 'type', message: 'must be "EVENT"' }] };
  }
  if (type !== 'EVENT') {
    return { outcome: 'ignored', reason: `The type is ${quote(type)}, not "EVENT".` };
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

/** The fields of an event that decide its route. */
export function routingFieldsOf(event: GlasnosticEvent): RoutingFields {
  const { environment, view, domain, metric } = event;
  return { environment: environment.id, view: view?.id, domain, metric };
}

const isBlank = (text: string): boolean => text.trim() === '';

// Glasnostic sends IDs as strings and as numbers (`webhook.id` is sent as both). JSON.parse rounds
// whole numbers from 2^53 on, so that two IDs could become equal.
const wrongId = 'must be a string, or a whole number below 2^53';
const id = v.pipe(
  v.union([v.string(), v.pipe(v.number(), v.safeInteger(wrongId))], wrongId),
  v.transform(String),
  v.check((text) => !isBlank(text), 'must not be blank'),
);

/** A field that routing does not need. A value of a wrong type is treated as missing. */
const optional = <T extends v.GenericSchema>(schema: T) =>
  v.optional(v.fallback(v.nullish(schema), undefined));
const text = v.pipe(
  v.string(),
  v.check((value) => !isBlank(value)),
);
const number = v.pipe(v.number(), v.finite());

/** An object (not an array) with these entries and any others. */
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
  const thresholdOrLimit = kind === 'limit-reached' ? (limit ?? threshold) : (threshold ?? limit);
  return {
    kind,
    environment: { id: sent.environment.id, name: sent.environment.name ?? undefined },
    view:
      viewId === undefined ? undefined : { id: viewId, name: sent.event?.view?.name ?? undefined },
    domain,
    metric: metric ?? parameter?.metric ?? undefined,
    value: value ?? undefined,
    threshold: thresholdOrLimit ?? parameter?.threshold ?? undefined,
    unit: unit ?? undefined,
    time: sent.event?.time ?? sent.time,
    webhookId: sent.webhook?.id ?? undefined,
    content,
    unmapped: unmappedOf(sent, body, { kind, hasView: viewId !== undefined }),
  };
}

function kindOf(sent: {
  readonly eventType: string | undefined;
  readonly domain: string | undefined;
  readonly hasLimit: boolean;
  readonly hasThreshold: boolean;
}): EventKind {
  const type = sent.eventType?.toUpperCase() ?? '';
  const domain = sent.domain?.toUpperCase() ?? '';
  if (domain === 'SEGMENTATION' || type.includes('SEGMENT') || type.includes('DENIED')) {
    return 'segmentation-denied';
  }
  if (type.includes('LIMIT')) return 'limit-reached';
  if (type.includes('THRESHOLD')) return 'threshold-exceeded';
  // The threshold event in Glasnostic's documentation has no type.
  if (sent.hasLimit && !sent.hasThreshold) return 'limit-reached';
  return domain === 'VIEWS' ? 'threshold-exceeded' : 'event';
}

const isPresent = (value: unknown): boolean => value !== undefined && value !== null;

/** The content as an object. Content of another type becomes its field `content`. */
function contentOf(sent: unknown): JsonObject {
  if (isJsonObject(sent)) return sent;
  return isPresent(sent) ? { content: sent } : {};
}

const fieldOf = (parent: unknown, name: string): unknown =>
  isJsonObject(parent) ? parent[name] : undefined;

function unmappedOf(
  sent: SentEvent,
  body: JsonObject,
  parsed: { readonly kind: EventKind; readonly hasView: boolean },
): readonly UnmappedField[] {
  const { environment, webhook, event } = sent;
  // Only the type describes an event of another kind, so it must not be lost.
  const eventType = parsed.kind === 'event' ? undefined : webhook?.eventType;
  const view = parsed.hasView ? event?.view : {};
  // The URL is left out because it contains the token. The times are left out because `time` has
  // one of them, and they are equal in Glasnostic's documentation.
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
