import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findRouteChanges } from '../../config/route-changes.ts';
import {
  FIELDS,
  findHiddenRoutes,
  type Route,
  routeTable,
  type RoutingFields,
} from '../../lambda/shared/routes.ts';
import { RUNS } from '../support/runs.ts';

const wildcardOr = <T>(value: fc.Arbitrary<T>) => fc.oneof(value, fc.constant('*' as const));
const id = fc.constantFrom('1', '2');
const ids = fc.uniqueArray(id, { minLength: 1 });
const route: fc.Arbitrary<Route> = fc.record({
  environment: wildcardOr(fc.oneof(id, ids)),
  view: wildcardOr(fc.oneof(id, ids)),
  viewName: wildcardOr(id),
  domain: wildcardOr(id),
  metric: wildcardOr(id),
  service: fc.constantFrom('a', 'b'),
});
/** Routes as a stage may have them: none is hidden. */
const routes = fc.array(route, { maxLength: 6 }).map((all) => {
  let visible: readonly Route[] = all;
  for (
    let hidden = findHiddenRoutes(visible);
    hidden.size > 0;
    hidden = findHiddenRoutes(visible)
  ) {
    const [first] = hidden.keys();
    visible = visible.filter((_, i) => i !== first);
  }
  return visible;
});

/** Every kind of event that these routes can tell apart. */
const VALUES = ['1', '2', undefined] as const;
const EVENTS = ['1', '2', 'other'].flatMap((environment) =>
  VALUES.flatMap((view) =>
    VALUES.flatMap((viewName) =>
      VALUES.flatMap((domain) =>
        VALUES.map((metric) => ({ environment, view, viewName, domain, metric })),
      ),
    ),
  ),
);

const matches = (pattern: Partial<RoutingFields>, event: RoutingFields): boolean =>
  FIELDS.every((field) => pattern[field] === undefined || pattern[field] === event[field]);

function serviceOf(found: Route | undefined): string | undefined {
  return found && 'service' in found ? found.service : undefined;
}

describe('the changes of routes', () => {
  test('are all events that the two lists treat differently, by trying each', () => {
    fc.assert(
      fc.property(routes, routes, (before, after) => {
        const { changes, isComplete } = findRouteChanges(before, after);
        expect(isComplete).toBe(true);
        const [was, is] = [before, after].map(routeTable);
        const missing = EVENTS.filter((event) => {
          const [old, current] = [serviceOf(was?.(event)), serviceOf(is?.(event))];
          if (old === current) return false;
          // One of the changes that match the event says what happens to it.
          const about = changes.filter(({ pattern }) => matches(pattern, event));
          return !about.some(
            (change) => serviceOf(change.before) === old && serviceOf(change.after) === current,
          );
        });
        expect(missing).toEqual([]);
        for (const { pattern, before: old, after: current } of changes) {
          expect(serviceOf(old)).not.toBe(serviceOf(current));
          const event = { environment: 'other', ...pattern };
          expect(was?.(event)).toBe(old);
          expect(is?.(event)).toBe(current);
        }
      }),
      RUNS,
    );
  });

  test('are none between equal lists', () => {
    fc.assert(
      fc.property(routes, (same) => {
        expect(findRouteChanges(same, structuredClone(same)).changes).toEqual([]);
      }),
      RUNS,
    );
  });
});

const view = (of: string, service: string): Route => ({ environment: 'e', view: of, service });
const REST: Route = { environment: '*', service: 'rest' };

describe('10,000 routes', () => {
  const many = Array.from({ length: 10_000 }, (_, i) => view(`${i}`, `s${i % 50}`));

  test('a view that falls to the catch-all is one change', () => {
    const without = many.filter((_, i) => i !== 7_777);
    expect(findRouteChanges([...many, REST], [...without, REST]).changes).toEqual([
      { pattern: { environment: 'e', view: '7777' }, before: many[7_777], after: REST },
    ]);
  });

  test('another order without another result is no change', () => {
    expect(findRouteChanges(many, many.toReversed()).changes).toEqual([]);
  });

  test('a change of all of them is found', () => {
    const raised = many.map((one) => Object.assign({}, one, { severity: 'error' }));
    expect(findRouteChanges(many, raised).changes).toHaveLength(10_000);
  });

  test('too many overlaps are cut off, and the result says so', () => {
    const environments = Array.from({ length: 500 }, (_, i) => `${i}`);
    const crossing = (service: string): readonly Route[] => [
      { environment: environments, service },
      { environment: '*', view: environments, service: 'v' },
    ];
    expect(findRouteChanges(crossing('a'), crossing('b')).isComplete).toBe(false);
  });
});
