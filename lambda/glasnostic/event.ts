import * as v from 'valibot';

import { isJsonObject, type JsonObject } from '../shared/json.ts';
import type { RoutingFields } from '../shared/routes.ts';
import { quote } from '../shared/text.ts';
import { contentSchema, eventSchema, type SentEvent } from './sent-event.ts';
import { type UnmappedField, unmappedFields } from './unmapped-fields.ts';

/** Kind of an event, as in PagerDuty's field `class`. An event of any other kind is an `event`. */
export type EventKind = 'threshold-exceeded' | 'limit-reached' | 'segmentation-denied' | 'event';

/** An environment of Glasnostic: its ID, and its name if the event has one. */
export interface Environment {
  readonly id: string;
  readonly name?: string | undefined;
}

/** A view of Glasnostic: its ID, its name, or both. */
export interface View {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
}

/**
 * A parsed Glasnostic event. Only the environment's ID is required. IDs and names are not blank,
 * have no white space around them, and are in Unicode's form NFC. Every other field that was sent is
 * in `content` or `unmapped`, except the webhook's URL and a second copy of the time.
 */
export interface GlasnosticEvent {
  readonly kind: EventKind;
  readonly environment: Environment;
  /** Absent in events that are not about one view, such as denied connections. */
  readonly view?: View | undefined;
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
  /** True if it is a test of the bridge: see {@link TEST_MARK}. */
  readonly isTest?: boolean | undefined;
  /** All fields of `event.content`, including those that are also fields of this type. */
  readonly content: JsonObject;
  /** Everything else that was sent, except the webhook's URL and the event's times. */
  readonly unmapped: readonly UnmappedField[];
}

/**
 * The field of a body that is `true` in an event of `./bridge send --test`. Such an event gets an
 * incident of its own, which delivery resolves at once. A sender needs the webhook token, and could
 * send a real event as well, so the mark gives no one more than that.
 */
export const TEST_MARK = 'bridgeTest';

/**
 * The `type` of a body with which `./bridge verify` tries the webhook. It is ignored like any other type
 * that is not an event's, but not counted: the alarm on unknown types would page.
 */
export const PROBE_TYPE = 'BRIDGE_PROBE';

/** A reason why a body is not a Glasnostic event. */
export interface EventError {
  /** Path of the field, such as `environment.id`; empty for the whole body. */
  readonly path: string;
  readonly message: string;
}

/**
 * Result of parsing a JSON object. An object of another `type` than `EVENT` is ignored. A type that
 * is missing, or is not text, counts as `EVENT`.
 */
export type ParsedEvent =
  | { readonly outcome: 'event'; readonly event: GlasnosticEvent }
  | { readonly outcome: 'ignored'; readonly reason: string }
  | { readonly outcome: 'invalid'; readonly errors: readonly EventError[] };

/**
 * Parses a Glasnostic event. It requires only the environment's ID, because Glasnostic documents the
 * content of only one of its three kinds of event in full. What it cannot use is in `unmapped`.
 */
export function parseEvent(body: JsonObject): ParsedEvent {
  const { type } = body;
  if (typeof type === 'string' && !/^\s*(?:EVENT)?\s*$/i.test(type)) {
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

/**
 * Identity of a view: its ID, else `name=` and its name. They never are equal: an ID that begins
 * with `name=` gets a `%` before the `=`.
 */
export function viewIdentity({ id, name }: View): string {
  return id === undefined ? `name=${name ?? ''}` : id.replace(/^name(?=%*=)/, 'name%');
}

/** The fields of an event that decide its route. */
export function routingFieldsOf(event: GlasnosticEvent): RoutingFields {
  const { environment, view, domain, metric } = event;
  return { environment: environment.id, view: view?.id, viewName: view?.name, domain, metric };
}

function toEvent(sent: SentEvent, body: JsonObject): GlasnosticEvent {
  const parameter = sent.webhook?.parameter;
  const content = contentOf(sent.event?.content);
  const { metric, value, threshold, limit, unit } = v.parse(contentSchema, content);
  const domain = domainOf(sent.event?.domain ?? parameter?.domain ?? undefined);
  const kind = kindOf({
    eventType: sent.webhook?.eventType ?? undefined,
    domain,
    hasLimit: isPresent(limit),
    hasThreshold: isPresent(threshold) || isPresent(parameter?.threshold),
  });
  const thresholdOrLimit = kind === 'limit-reached' ? (limit ?? threshold) : (threshold ?? limit);
  const event = {
    kind,
    environment: { id: sent.environment.id, name: sent.environment.name ?? undefined },
    view: viewOf(sent),
    domain,
    metric: metric ?? parameter?.metric ?? undefined,
    value: value ?? undefined,
    threshold: thresholdOrLimit ?? parameter?.threshold ?? undefined,
    unit: unit ?? undefined,
    time: sent.event?.time ?? sent.time,
    webhookId: sent.webhook?.id ?? undefined,
    isTest: body[TEST_MARK] === true ? true : undefined,
    content,
  };
  return { ...event, unmapped: unmappedOf(sent, body, event) };
}

function viewOf({ event, webhook }: SentEvent): View | undefined {
  const id = event?.view?.id ?? webhook?.parameter?.viewId ?? undefined;
  const name = event?.view?.name ?? undefined;
  return id === undefined && name === undefined ? undefined : { id, name };
}

/** Glasnostic's domains, as it writes them. */
const DOMAINS = ['VIEWS', 'SEGMENTATION'];

/** A domain of Glasnostic in its own case; another domain as it was sent. */
function domainOf(sent: string | undefined): string | undefined {
  return DOMAINS.find((domain) => domain === sent?.toUpperCase()) ?? sent;
}

function kindOf(sent: {
  readonly eventType: string | undefined;
  readonly domain: string | undefined;
  readonly hasLimit: boolean;
  readonly hasThreshold: boolean;
}): EventKind {
  const type = sent.eventType?.toUpperCase() ?? '';
  const { domain } = sent;
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

/** Texts in the type of an event that decide its kind. */
const KNOWN_TYPE = /LIMIT|THRESHOLD|SEGMENT|DENIED/i;

/** The second copy of a field that Glasnostic repeats, if it is equal to the first. */
function copyOf<T>(copy: T, first: unknown): T | undefined {
  return copy === first ? copy : undefined;
}

function unmappedOf(
  sent: SentEvent,
  body: JsonObject,
  event: Omit<GlasnosticEvent, 'unmapped'>,
): readonly UnmappedField[] {
  const { environment, webhook, event: own } = sent;
  const { parameter } = webhook ?? {};
  const isType = KNOWN_TYPE.test(webhook?.eventType ?? '');
  // The URL is left out because it contains the token.
  return [
    ...unmappedFields(body, { ...sent, time: copyOf(sent.time, event.time) }),
    ...unmappedFields(body['environment'], environment, 'environment.'),
    ...unmappedFields(
      body['webhook'],
      { ...webhook, eventType: isType ? webhook?.eventType : undefined, url: true },
      'webhook.',
    ),
    ...unmappedFields(
      fieldOf(body['webhook'], 'parameter'),
      {
        domain: copyOf(domainOf(parameter?.domain ?? undefined), event.domain),
        viewId: copyOf(parameter?.viewId, event.view?.id),
        metric: copyOf(parameter?.metric, event.metric),
        threshold: copyOf(parameter?.threshold, event.threshold),
      },
      'webhook.parameter.',
    ),
    ...unmappedFields(body['event'], { ...own, time: true, content: true }, 'event.'),
    ...unmappedFields(fieldOf(body['event'], 'view'), own?.view ?? {}, 'event.view.'),
  ];
}
