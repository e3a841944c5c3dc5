import { isJsonObject } from './json.ts';

/** PagerDuty's severities, from least to most urgent. */
export const SEVERITIES = ['info', 'warning', 'error', 'critical'] as const;

/** How urgent an incident is, in PagerDuty's words. */
export type Severity = (typeof SEVERITIES)[number];

/** One step of a severity that grows with the excess over the threshold. */
export interface SeverityStep {
  /** Value divided by threshold, from which the step applies; above 1. */
  readonly ratio: number;
  readonly severity: Severity;
}

/** A severity that depends on how far the value is over the threshold. */
export interface ScaledSeverity {
  /** Used below the first step, and when the event has no value or no threshold. */
  readonly default: Severity;
  /** Steps in ascending order of ratio and of severity. */
  readonly over: readonly SeverityStep[];
}

/** The fields of an event that a route can ask for. `*` (or leaving it out) takes everything. */
export interface RouteMatch {
  /** ID of the Glasnostic environment, or `*`. */
  readonly environment: string;
  /** ID of the view. @default any, and events without a view */
  readonly view?: string;
  /** Glasnostic's domain, `VIEWS` or `SEGMENTATION`. @default any */
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
}

/** Answers matching events without a page. */
export interface IgnoreRoute extends RouteMatch {
  readonly ignore: true;
}

/** Which event goes to which PagerDuty service, at which severity. The first match wins. */
export type Route = ServiceRoute | IgnoreRoute;

/** What of an event decides its route. */
export interface RoutingFields {
  readonly environment: string;
  readonly view?: string | undefined;
  readonly domain?: string | undefined;
  readonly metric?: string | undefined;
}

/** Finds the first route that takes an event; `undefined` when none does. */
export type RouteTable = (facts: RoutingFields) => Route | undefined;

const FIELDS = ['environment', 'view', 'domain', 'metric'] as const;

/** Every way to replace some of the four fields by a wildcard, as bit masks. */
const MASKS = Array.from({ length: 1 << FIELDS.length }, (_, mask) => mask);

function keyOf(facts: RoutingFields, mask: number): string | undefined {
  const parts: string[] = [];
  for (const [bit, field] of FIELDS.entries()) {
    const value = facts[field];
    if ((mask & (1 << bit)) !== 0) {
      if (value === undefined) return undefined;
      // The length keeps ['a', 'bc'] and ['ab', 'c'] apart, whatever the IDs contain.
      parts.push(`${value.length}=${value}`);
    } else {
      parts.push('*');
    }
  }
  return parts.join('/');
}

/** The fields of a route that are not wildcards. */
function patternOf(route: Route): RoutingFields & { readonly mask: number } {
  let mask = 0;
  for (const [bit, field] of FIELDS.entries()) {
    if (route[field] !== undefined && route[field] !== '*') mask |= 1 << bit;
  }
  return { ...route, mask };
}

/**
 * The position of the first earlier route that takes everything a later one could take.
 * A route in this map can never match.
 *
 * @returns position of the unreachable route -> position of the route that hides it
 */
export function findHiddenRoutes(routes: readonly Route[]): ReadonlyMap<number, number> {
  const seen = new Map<string, number>();
  const hidden = new Map<number, number>();
  for (const [position, route] of routes.entries()) {
    const { mask, ...facts } = patternOf(route);
    for (const wider of MASKS) {
      // Only masks that keep a subset of the route's own fields describe a wider pattern.
      if ((wider & ~mask) !== 0) continue;
      const key = keyOf(facts, wider);
      const earlier = key === undefined ? undefined : seen.get(key);
      if (earlier !== undefined && earlier < (hidden.get(position) ?? Infinity)) {
        hidden.set(position, earlier);
      }
    }
    const own = keyOf(facts, mask);
    if (own !== undefined && !seen.has(own)) seen.set(own, position);
  }
  return hidden;
}

/**
 * Indexes the routes so that a lookup costs the same among 10 and among 10,000: an event has four
 * fields, so at most 16 patterns can take it, and the index knows the first route of each.
 */
export function routeTable(routes: readonly Route[]): RouteTable {
  const first = new Map<string, number>();
  const masks = new Set<number>();
  for (const [position, route] of routes.entries()) {
    const { mask, ...facts } = patternOf(route);
    const key = keyOf(facts, mask);
    if (key === undefined || first.has(key)) continue;
    first.set(key, position);
    masks.add(mask);
  }
  return (facts) => {
    let best = Infinity;
    for (const mask of masks) {
      const key = keyOf(facts, mask);
      const position = key === undefined ? undefined : first.get(key);
      if (position !== undefined && position < best) best = position;
    }
    return routes[best];
  };
}

/**
 * Reads the file of routes that the stack put beside the bundle. The stage's checks made it, so
 * only its outer form is looked at.
 *
 * @throws Error when the file does not hold a list of routes
 */
export function readRoutes(json: string): readonly Route[] {
  const value: unknown = JSON.parse(json);
  if (!Array.isArray(value) || !value.every(isRoute)) {
    throw new Error('The file of routes does not hold a list of routes; deploy the stack again.');
  }
  return value;
}

function isRoute(value: unknown): value is Route {
  return (
    isJsonObject(value) &&
    typeof value['environment'] === 'string' &&
    (typeof value['service'] === 'string' || value['ignore'] === true)
  );
}
