/** Compares two lists of routes by what they do to events. */

import {
  combinationsOf,
  FIELDS,
  type Route,
  routeTable,
  type RoutingFields,
} from '../lambda/shared/routes.ts';

/** Events that share the given values and have no other value that a route names. */
type Pattern = Partial<RoutingFields>;

/** A pattern of events that the two lists treat differently. */
export interface RouteChange {
  readonly pattern: Pattern;
  /** The route that takes these events; `undefined` when none does. */
  readonly before: Route | undefined;
  readonly after: Route | undefined;
}

/** Result of {@link findRouteChanges}. */
export interface RouteChanges {
  readonly changes: readonly RouteChange[];
  /** False if there were too many overlaps of routes to look at all of them. */
  readonly isComplete: boolean;
}

/** Most patterns that are compared; overlaps of routes can be as many as the product of two lists. */
const MAX_PATTERNS = 200_000;

/** An environment that no route names: the check of routes refuses control characters. */
const OTHER_ENVIRONMENT = '\0';

/**
 * Finds the events that two lists of routes treat differently.
 *
 * An event is treated differently only if it matches a route that one list alone has, or that has
 * another place among those that both have. So it is enough to look at the patterns of these routes,
 * and at their overlaps with the others. A change that a more general one includes is left out.
 */
export function findRouteChanges(before: readonly Route[], after: readonly Route[]): RouteChanges {
  const kept = keptInOrder(before, after);
  const changed = [...before, ...after].filter((route) => !kept.has(JSON.stringify(route)));
  const { patterns, isComplete } = withOverlaps(
    patternsOf(changed),
    patternsOf([...before, ...after]),
  );
  const [findBefore, findAfter] = [routeTable(before), routeTable(after)];
  const changes = new Map<string, RouteChange>();
  for (const [key, pattern] of patterns) {
    const fields = { environment: OTHER_ENVIRONMENT, ...pattern };
    const change = { pattern, before: findBefore(fields), after: findAfter(fields) };
    if (effectOf(change.before) !== effectOf(change.after)) changes.set(key, change);
  }
  return { changes: [...changes.values()].filter((one) => !isIncluded(one, changes)), isComplete };
}

/** What happens to the events of a route: everything but its conditions, as JSON. */
function effectOf(route: Route | undefined): string {
  if (route === undefined) return '';
  const effect = Object.entries(route).filter(([name]) => !FIELDS.some((field) => field === name));
  return JSON.stringify(effect.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * The routes that both lists have in the same order, as JSON. No route is twice in a list, because
 * the first would hide the second.
 */
function keptInOrder(before: readonly Route[], after: readonly Route[]): ReadonlySet<string> {
  const positions = new Map(before.map((route, i) => [JSON.stringify(route), i]));
  const common = after.flatMap((route) => {
    const json = JSON.stringify(route);
    const position = positions.get(json);
    return position === undefined ? [] : [{ json, position }];
  });
  return new Set(longestAscending(common).map(({ json }) => json));
}

/** A longest subsequence with ascending positions. */
function longestAscending<T extends { readonly position: number }>(items: readonly T[]): T[] {
  interface Link {
    readonly item: T;
    readonly previous: Link | undefined;
  }
  /** For each length, the sequence of that length with the lowest last position. */
  const best: Link[] = [];
  for (const item of items) {
    let [low, high] = [0, best.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((best[middle]?.item.position ?? Infinity) < item.position) low = middle + 1;
      else high = middle;
    }
    best[low] = { item, previous: best[low - 1] };
  }
  const longest: T[] = [];
  for (let link = best.at(-1); link !== undefined; link = link.previous) longest.push(link.item);
  return longest;
}

type Field = (typeof FIELDS)[number];

function keyOf(pattern: Pattern, fields: readonly Field[] = FIELDS): string {
  return JSON.stringify(fields.map((field) => pattern[field] ?? null));
}

/** The fields for which a pattern has a value. */
function fieldsOf(pattern: Pattern): readonly Field[] {
  return FIELDS.filter((field) => pattern[field] !== undefined);
}

function patternsOf(routes: readonly Route[]): ReadonlyMap<string, Pattern> {
  return new Map(routes.flatMap(combinationsOf).map((pattern) => [keyOf(pattern), pattern]));
}

/** Adds every overlap of some patterns with others, and the overlaps of these with others. */
function withOverlaps(
  some: ReadonlyMap<string, Pattern>,
  others: ReadonlyMap<string, Pattern>,
): { readonly patterns: ReadonlyMap<string, Pattern>; readonly isComplete: boolean } {
  const patterns = new Map(some);
  const find = overlapIndex([...others.values()]);
  // A map visits what is added while it is visited.
  for (const pattern of patterns.values()) {
    for (const other of find(pattern)) {
      const overlap = { ...other, ...pattern };
      const key = keyOf(overlap);
      if (patterns.has(key)) continue;
      if (patterns.size >= MAX_PATTERNS) return { patterns, isComplete: false };
      patterns.set(key, overlap);
    }
  }
  return { patterns, isComplete: true };
}

/**
 * Finds the patterns that some events of a pattern match, and that have a field that it has not.
 * Patterns with the same fields are indexed by the values of those fields that both have.
 */
function overlapIndex(others: readonly Pattern[]): (pattern: Pattern) => readonly Pattern[] {
  const groups = [...Map.groupBy(others, (other) => fieldsOf(other).join(' ')).values()];
  const indexes = new Map<string, ReadonlyMap<string, readonly Pattern[]>>();
  return (pattern) =>
    groups.flatMap((group, position) => {
      const fields = fieldsOf(group[0] ?? {});
      const shared = fields.filter((field) => pattern[field] !== undefined);
      if (shared.length === fields.length) return [];
      const name = `${position} ${shared.join(' ')}`;
      const index = indexes.get(name) ?? Map.groupBy(group, (other) => keyOf(other, shared));
      indexes.set(name, index);
      return index.get(keyOf(pattern, shared)) ?? [];
    });
}

/** True if the same change of a more general pattern is there. */
function isIncluded(
  { pattern, before, after }: RouteChange,
  changes: ReadonlyMap<string, RouteChange>,
): boolean {
  const fields = fieldsOf(pattern);
  const subsets = (1 << fields.length) - 1;
  for (let subset = 0; subset < subsets; subset += 1) {
    const general: Partial<Record<Field, string>> = {};
    for (const [bit, field] of fields.entries()) {
      const value = pattern[field];
      if ((subset & (1 << bit)) !== 0 && value !== undefined) general[field] = value;
    }
    const other = changes.get(keyOf(general));
    if (other === undefined) continue;
    const isSame =
      effectOf(other.before) === effectOf(before) && effectOf(other.after) === effectOf(after);
    if (isSame) return true;
  }
  return false;
}
