import { isJsonObject } from './json.ts';

/**
 * PagerDuty's severities, from least to most urgent.
 * https://developer.pagerduty.com/docs/send-alert-event
 */
export const SEVERITIES = ['info', 'warning', 'error', 'critical'] as const;

/** Severity of a PagerDuty alert. */
export type Severity = (typeof SEVERITIES)[number];

/** One step of a {@link ScaledSeverity}. */
export interface SeverityStep {
  /** The step applies from this ratio of value to threshold on; above 1. */
  readonly ratio: number;
  readonly severity: Severity;
}

/** A severity that rises with the ratio of value to threshold. */
export interface ScaledSeverity {
  /** Severity below the first step, and of an event without a value or a threshold. */
  readonly default: Severity;
  /** Steps in ascending order of ratio and of severity. */
  readonly over: readonly SeverityStep[];
}

/** Conditions of a route. A condition that is `*` or left out matches every event. */
export interface RouteMatch {
  /** ID of the Glasnostic environment, or `*`. */
  readonly environment: string;
  /** ID of the view. @default any view, or none */
  readonly view?: string;
  /** Name of the view, for views whose events have no ID. @default any view, or none */
  readonly viewName?: string;
  /** Glasnostic's domain, such as `VIEWS` or `SEGMENTATION`. @default any */
  readonly domain?: string;
  /** Metric of the view, such as `requests`. @default any */
  readonly metric?: string;
}

/** Sends matching events to a PagerDuty service. */
export interface ServiceRoute extends RouteMatch {
  /** Name of the PagerDuty service, and of its integration key in the secret. */
  readonly service: string;
  /** @default 'warning' */
  readonly severity?: Severity | ScaledSeverity;
  /**
   * The bridge resolves an incident when no event of it was accepted for this many minutes.
   * @default never
   */
  readonly resolveAfterMinutes?: number;
}

/** Ignores matching events: ingest answers them with 200, and they are not delivered. */
export interface IgnoreRoute extends RouteMatch {
  readonly ignore: true;
}

/** Sends matching events to a PagerDuty service, or ignores them. The first match wins. */
export type Route = ServiceRoute | IgnoreRoute;

/** True if a route resolves incidents. Only then does a stage have a table of open incidents. */
export function hasResolvingRoute(routes: readonly Route[]): boolean {
  return routes.some((route) => 'resolveAfterMinutes' in route);
}

/** The fields of an event that decide its route. */
export interface RoutingFields {
  readonly environment: string;
  readonly view?: string | undefined;
  readonly viewName?: string | undefined;
  readonly domain?: string | undefined;
  readonly metric?: string | undefined;
}

/** Returns the first route that matches an event; `undefined` when none does. */
export type RouteTable = (fields: RoutingFields) => Route | undefined;

/**
 * Indexes routes, so that a lookup takes the same time with 10 routes as with 10,000. An event has
 * five fields, so at most 32 patterns match it. The index has the first route of each pattern.
 */
export function routeTable(routes: readonly Route[]): RouteTable {
  const first = new Map<string, number>();
  const masks = new Set<number>();
  for (const [position, route] of routes.entries()) {
    const { mask, ...fields } = patternOf(route);
    const key = keyOf(fields, mask);
    if (key === undefined || first.has(key)) continue;
    first.set(key, position);
    masks.add(mask);
  }
  return (fields) => {
    let best = Infinity;
    for (const mask of masks) {
      const key = keyOf(fields, mask);
      const position = key === undefined ? undefined : first.get(key);
      if (position !== undefined && position < best) best = position;
    }
    return routes[best];
  };
}

/**
 * Parses the file `routes.json` of the bundle. It checks only that each item is a route: `config/`
 * checked the routes in full before they were deployed.
 *
 * @throws Error when the file is not a list of routes
 */
export function readRoutes(json: string): readonly Route[] {
  const value: unknown = JSON.parse(json);
  if (!Array.isArray(value) || !value.every(isRoute)) {
    throw new Error('The file of routes does not hold a list of routes; deploy the stack again.');
  }
  return value;
}

/**
 * Finds routes that can never match, because one earlier route matches all of their events.
 *
 * @returns position of each such route -> position of the first route that hides it
 */
export function findHiddenRoutes(routes: readonly Route[]): ReadonlyMap<number, number> {
  const seen = new Map<string, number>();
  const hidden = new Map<number, number>();
  for (const [position, route] of routes.entries()) {
    const { mask, ...fields } = patternOf(route);
    for (const wider of MASKS) {
      // A wider pattern has a subset of the route's own conditions.
      if ((wider & ~mask) !== 0) continue;
      const key = keyOf(fields, wider);
      const earlier = key === undefined ? undefined : seen.get(key);
      if (earlier !== undefined && earlier < (hidden.get(position) ?? Infinity)) {
        hidden.set(position, earlier);
      }
    }
    const ownKey = keyOf(fields, mask);
    if (ownKey !== undefined && !seen.has(ownKey)) seen.set(ownKey, position);
  }
  return hidden;
}

const FIELDS = ['environment', 'view', 'viewName', 'domain', 'metric'] as const;

/** Every subset of the five fields as a bit mask: 1 for a field with a value, 0 for a wildcard. */
const MASKS = Array.from({ length: 1 << FIELDS.length }, (_, mask) => mask);

/** The index key of the fields in `mask`; `undefined` when the event lacks one of them. */
function keyOf(fields: RoutingFields, mask: number): string | undefined {
  const parts: string[] = [];
  for (const [bit, field] of FIELDS.entries()) {
    const value = fields[field];
    if ((mask & (1 << bit)) !== 0) {
      if (value === undefined) return undefined;
      // With the length, IDs that contain the separator cannot make two different keys equal.
      parts.push(`${value.length}=${value}`);
    } else {
      parts.push('*');
    }
  }
  return parts.join('/');
}

/** A route's conditions, and a mask of those that are not wildcards. */
function patternOf(route: Route): RoutingFields & { readonly mask: number } {
  let mask = 0;
  for (const [bit, field] of FIELDS.entries()) {
    if (route[field] !== undefined && route[field] !== '*') mask |= 1 << bit;
  }
  return { ...route, mask };
}

function isRoute(value: unknown): value is Route {
  return (
    isJsonObject(value) &&
    typeof value['environment'] === 'string' &&
    (typeof value['service'] === 'string' || value['ignore'] === true)
  );
}
