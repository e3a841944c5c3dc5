import { combinationCount, findHiddenRoutes, type Route } from '../lambda/shared/routes.ts';
import type { Mistake } from './fields.ts';
import { listText, routeName } from './route-names.ts';

/**
 * Most combinations of values in all routes of a stage. Each is an entry of the index that both
 * functions make when they start: 100,000 take about 0.3 s.
 */
const MAX_COMBINATIONS = 100_000;

/** Routes that are named when they hide one together. */
const MAX_HIDING_SHOWN = 10;

/**
 * Finds routes that never match. Routes that the same earlier ones hide are one mistake, so that a
 * catch-all in front of 25 routes is one line.
 */
export function* hiddenRoutes(routes: readonly Route[]): Iterable<Mistake> {
  const combinations = routes.reduce((sum, route) => sum + combinationCount(route), 0);
  if (combinations > MAX_COMBINATIONS) {
    yield {
      path: '',
      message: `have ${combinations} combinations of environments, views and metrics; use at most ${MAX_COMBINATIONS}`,
    };
    return;
  }
  const groups = Map.groupBy(findHiddenRoutes(routes), ([, hiding]) => hiding.join(' '));
  for (const group of groups.values()) {
    const hidden = group.map(([position]) => position);
    const hiding = group[0]?.[1] ?? [];
    yield hidden.length === 1
      ? oneHidden(hidden, hiding, routes)
      : manyHidden(hidden, hiding, routes);
  }
}

type Describe = (
  hidden: readonly number[],
  hiding: readonly number[],
  routes: readonly Route[],
) => Mistake;

const oneHidden: Describe = ([path = 0], hiding, routes) => {
  const by = listText(namesOf(hiding, routes), MAX_HIDING_SHOWN);
  const message =
    hiding.length === 1
      ? `can never match, because ${by} takes everything it could; put it before routes[${hiding[0]}], or remove it`
      : `can never match, because ${by} together take everything it could; put it before them, or remove it`;
  return { path, message };
};

const manyHidden: Describe = (hidden, [path = 0, ...more], routes) => {
  const all = `${hidden.length} routes after it: ${listText(namesOf(hidden, routes))}`;
  const message =
    more.length === 0
      ? `hides ${all}; put it after these, or remove these`
      : `and ${listText(namesOf(more, routes), MAX_HIDING_SHOWN)} together hide ${all}; put them after these, or remove these`;
  return { path, message };
};

function namesOf(positions: readonly number[], routes: readonly Route[]): readonly string[] {
  return positions.map((position) => routeName(position, routes[position]));
}
