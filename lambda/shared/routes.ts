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
  /**
   * Gives events from this step on an incident of their own, so that a critical event pages although
   * the incident of the lower step is acknowledged. Their dedup key ends with the step's severity.
   * @default false
   */
  readonly ownIncident?: boolean;
}

/** A severity that rises with the ratio of value to threshold. */
export interface ScaledSeverity {
  /** Severity below the first step, and of an event without a value or a threshold. */
  readonly default: Severity;
  /** Steps in ascending order of ratio and of severity. */
  readonly over: readonly SeverityStep[];
}

/** Severity of a route: the same for all its events, or by how far each is over its threshold. */
export type SeverityRule = Severity | ScaledSeverity;

/** One value, or a list of values of which any matches. */
export type OneOrMore = string | readonly string[];

/** Conditions of a route. A condition that is `*` or left out matches every event. */
export interface RouteMatch {
  /** ID of the Glasnostic environment, IDs of several, or `*`. */
  readonly environment: OneOrMore;
  /** ID of the view, or IDs of several. @default any view, or none */
  readonly view?: OneOrMore;
  /** Name of the view, or names of several, for views whose events have no ID. @default any view, or none */
  readonly viewName?: OneOrMore;
  /** Glasnostic's domain, such as `VIEWS` or `SEGMENTATION`. @default any */
  readonly domain?: string;
  /** Metric of the view, such as `requests`, or several. @default any */
  readonly metric?: OneOrMore;
}

/** Sends matching events to a PagerDuty service. */
export interface ServiceRoute extends RouteMatch {
  /** Name of the PagerDuty service, and of its integration key in the secret. */
  readonly service: string;
  /** @default 'warning' */
  readonly severity?: SeverityRule;
  /**
   * URL of the runbook, the first link of the incident. `{environment}`, `{view}` and `{metric}`
   * stand for the event's values.
   */
  readonly runbook?: string;
  /** Fixed fields for the incident's `custom_details`. */
  readonly details?: Readonly<Record<string, string>>;
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

/** The fields of an event that an index key has: one bit per field of {@link FIELDS}. */
type Mask = number;

/**
 * Indexes routes, so that a lookup takes the same time with 10 routes as with 10,000. An event has
 * five fields, so at most 32 patterns match it. The index has the first route of each pattern. A
 * route with lists has a pattern for each combination of their values.
 */
export function routeTable(routes: readonly Route[]): RouteTable {
  const first = new Map<string, number>();
  const masks = new Set<Mask>();
  for (const [position, route] of routes.entries()) {
    const mask = maskOf(route);
    for (const fields of combinationsOf(route)) {
      const key = keyOf(fields, mask);
      if (key === undefined || first.has(key)) continue;
      first.set(key, position);
      masks.add(mask);
    }
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

/** A combination of a route's values that an earlier route takes. */
export interface TakenCombination {
  readonly fields: Partial<RoutingFields>;
  /** Position of the first route that takes it. */
  readonly by: number;
}

/**
 * Finds combinations that never match, because an earlier route matches all of their events.
 *
 * @returns position of a route -> those of its combinations, in its order; routes without any are
 *   left out
 */
export function findTaken(
  routes: readonly Route[],
): ReadonlyMap<number, readonly TakenCombination[]> {
  const seen = new Map<string, number>();
  const masks = new Set<Mask>();
  const taken = new Map<number, TakenCombination[]>();
  for (const [position, route] of routes.entries()) {
    const mask = maskOf(route);
    // A wider pattern has a subset of the route's own conditions.
    const wider = [...masks].filter((earlier) => (earlier & ~mask) === 0);
    const own: TakenCombination[] = [];
    for (const fields of combinationsOf(route)) {
      let by = Infinity;
      for (const earlier of wider) by = Math.min(by, seen.get(keyOf(fields, earlier) ?? '') ?? by);
      // A combination that is twice in the route itself is no mistake here.
      if (by < position) own.push({ fields, by });
      const key = keyOf(fields, mask);
      if (key !== undefined && !seen.has(key)) seen.set(key, position);
    }
    masks.add(mask);
    if (own.length > 0) taken.set(position, own);
  }
  return taken;
}

/**
 * Finds routes that can never match, because earlier routes take all of their combinations.
 *
 * @returns position of each such route -> positions of the routes that hide it, in order
 */
export function findHiddenRoutes(routes: readonly Route[]): ReadonlyMap<number, readonly number[]> {
  const hidden = new Map<number, readonly number[]>();
  for (const [position, taken] of findTaken(routes)) {
    const route = routes[position];
    if (route === undefined || taken.length < combinationCount(route)) continue;
    hidden.set(
      position,
      [...new Set(taken.map(({ by }) => by))].toSorted((a, b) => a - b),
    );
  }
  return hidden;
}

/** Number of combinations of a route's values: 1 without lists. */
export function combinationCount(route: RouteMatch): number {
  return FIELDS.reduce((product, field) => product * valuesOf(route[field]).length, 1);
}

/** Every combination of a route's values. A condition that matches every event is left out. */
export function combinationsOf(route: RouteMatch): readonly Partial<RoutingFields>[] {
  let combinations: readonly Partial<RoutingFields>[] = [{}];
  for (const field of FIELDS) {
    const values = valuesOf(route[field]);
    if (values.length === 1 && values[0] === undefined) continue;
    const longer: Partial<RoutingFields>[] = [];
    for (const fields of combinations) {
      for (const value of values) longer.push({ ...fields, [field]: value });
    }
    combinations = longer;
  }
  return combinations;
}

/** The fields of an event that a route can have conditions for. */
export const FIELDS = ['environment', 'view', 'viewName', 'domain', 'metric'] as const;

/** Values of a condition; `[undefined]` for one that matches every event. */
function valuesOf(condition: OneOrMore | undefined): readonly (string | undefined)[] {
  if (condition === undefined || condition === '*') return [undefined];
  return typeof condition === 'string' ? [condition] : condition;
}

/** The index key of the fields in `mask`; `undefined` when the event lacks one of them. */
function keyOf(fields: Partial<RoutingFields>, mask: Mask): string | undefined {
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

/** The fields for which a route has conditions. */
function maskOf(route: RouteMatch): Mask {
  return FIELDS.reduce(
    (mask, field, bit) => (valuesOf(route[field])[0] === undefined ? mask : mask | (1 << bit)),
    0,
  );
}

function isRoute(value: unknown): value is Route {
  return (
    isJsonObject(value) &&
    isOneOrMore(value['environment']) &&
    (typeof value['service'] === 'string' || value['ignore'] === true)
  );
}

function isOneOrMore(value: unknown): value is OneOrMore {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.length > 0 && values.every((one) => typeof one === 'string');
}
