import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import {
  combinationCount,
  findHiddenRoutes,
  findTaken,
  type OneOrMore,
  readRoutes,
  type Route,
  type RouteMatch,
  routeTable,
  type RoutingFields,
} from '../../../lambda/shared/routes.ts';
import { RUNS } from '../../support/runs.ts';

const FIELDS = ['environment', 'view', 'viewName', 'domain', 'metric'] as const;

function serviceOf(routes: readonly Route[], facts: RoutingFields): string | undefined {
  const route = routeTable(routes)(facts);
  if (route === undefined) return undefined;
  return 'ignore' in route ? 'ignored' : route.service;
}

describe('the first route that matches an event', () => {
  const routes: readonly Route[] = [
    { environment: 'prod', view: '4', metric: 'latency', service: 'shop-latency' },
    { environment: 'prod', view: '4', service: 'shop' },
    { environment: 'prod', domain: 'SEGMENTATION', ignore: true },
    { environment: 'prod', service: 'platform' },
    { environment: '*', view: '4', service: 'view-4-anywhere' },
    { environment: '*', metric: 'bandwidth', view: '*', domain: '*', service: 'network' },
    {
      environment: ['b1', 'b2'],
      view: ['8', '9'],
      metric: ['latency', 'requests'],
      service: 'listed',
    },
  ];
  test.each<[string, RoutingFields, string | undefined]>([
    ['all fields', { environment: 'prod', view: '4', metric: 'latency' }, 'shop-latency'],
    ['another metric', { environment: 'prod', view: '4', metric: 'requests' }, 'shop'],
    ['no metric', { environment: 'prod', view: '4' }, 'shop'],
    ['no view', { environment: 'prod' }, 'platform'],
    ['another view', { environment: 'prod', view: '5' }, 'platform'],
    ['an ignored domain', { environment: 'prod', domain: 'SEGMENTATION' }, 'ignored'],
    [
      'an earlier route before the one that ignores',
      { environment: 'prod', view: '4', domain: 'SEGMENTATION' },
      'shop',
    ],
    ['any environment', { environment: 'test', view: '4' }, 'view-4-anywhere'],
    ['explicit wildcards', { environment: 'test', metric: 'bandwidth' }, 'network'],
    ['nothing that fits', { environment: 'test', view: '5' }, undefined],
    ['an environment named like a wildcard', { environment: '*', view: '5' }, undefined],
    ['IDs are not trimmed', { environment: ' prod' }, undefined],
    ['nor read in another case', { environment: 'PROD' }, undefined],
    ['the first of a list', { environment: 'b1', view: '8', metric: 'latency' }, 'listed'],
    ['the last of a list', { environment: 'b2', view: '9', metric: 'requests' }, 'listed'],
    ['not all of a list', { environment: 'b2', view: '9', metric: 'bandwidth' }, 'network'],
    ['not without one of the lists', { environment: 'b2', view: '9' }, undefined],
  ])('%s', (_, facts, service) => {
    expect(serviceOf(routes, facts)).toBe(service);
  });

  test('by the name of a view, with or without an ID; a view\u2019s ID is never its name', () => {
    const named: readonly Route[] = [
      { environment: 'prod', view: '4', service: 'id' },
      { environment: 'prod', viewName: '4', service: 'name' },
      { environment: 'prod', viewName: 'Shop', service: 'shop' },
    ];
    const find = (view: string | undefined, viewName: string | undefined) =>
      serviceOf(named, { environment: 'prod', view, viewName });
    expect(find('4', undefined)).toBe('id');
    expect(find(undefined, '4')).toBe('name');
    expect(find('4', '4')).toBe('id');
    expect(find('7', 'Shop')).toBe('shop');
    expect(find(undefined, 'Shop')).toBe('shop');
    expect(find('Shop', undefined)).toBeUndefined();
  });

  test('an empty table matches no event', () => {
    expect(serviceOf([], { environment: 'prod' })).toBeUndefined();
  });

  test('IDs that are equal when joined are kept apart', () => {
    const joined: readonly Route[] = [
      { environment: 'a', view: 'b/c', service: 'x' },
      { environment: 'a/b', view: 'c', service: 'y' },
    ];
    expect(serviceOf(joined, { environment: 'a', view: 'b/c' })).toBe('x');
    expect(serviceOf(joined, { environment: 'a/b', view: 'c' })).toBe('y');
    expect(serviceOf(joined, { environment: 'a', view: 'b' })).toBeUndefined();
  });

  test('IDs named like properties of every object match only themselves', () => {
    const odd: readonly Route[] = [{ environment: '__proto__', view: 'toString', service: 'x' }];
    expect(serviceOf(odd, { environment: '__proto__', view: 'toString' })).toBe('x');
    expect(serviceOf(odd, { environment: 'constructor', view: 'toString' })).toBeUndefined();
  });
});

/** True if a condition matches a value, by definition. */
function matches(condition: OneOrMore | undefined, value: string | undefined): boolean {
  if (condition === undefined || condition === '*') return true;
  if (typeof condition === 'string') return condition === value;
  return value !== undefined && condition.includes(value);
}

/** True if a route matches an event, by definition. */
function takes(route: RouteMatch, facts: RoutingFields): boolean {
  return FIELDS.every((field) => matches(route[field], facts[field]));
}

/** The values of a condition, by definition; `undefined` for a wildcard. */
function values(condition: OneOrMore | undefined): readonly (string | undefined)[] {
  return condition === undefined || condition === '*' ? [undefined] : [condition].flat();
}

/** Every combination of the values of a route, by definition; a wildcard is left out. */
function combinations(route: RouteMatch): readonly RoutingFields[] {
  const all: RoutingFields[] = [];
  for (const environment of values(route.environment)) {
    for (const view of values(route.view)) {
      for (const viewName of values(route.viewName)) {
        for (const metric of values(route.metric)) {
          const [domain] = values(route.domain);
          all.push({ environment: environment ?? 'other', view, viewName, domain, metric });
        }
      }
    }
  }
  return all;
}

// Few values, so that routes often overlap, and with spellings that are easy to confuse.
const id = fc.constantFrom('a', 'b', 'ab', 'a/b', '1=a', '');
const maybe = fc.option(id, { nil: undefined });
const list = fc.uniqueArray(id, { minLength: 1, maxLength: 3 });
const wanted = fc.oneof(id, fc.constant('*'), list);
const domain = fc.oneof(id, fc.constant('*'));
const route: fc.Arbitrary<Route> = fc.record(
  {
    environment: wanted,
    view: wanted,
    viewName: wanted,
    domain,
    metric: wanted,
    service: fc.constant('s'),
  },
  { requiredKeys: ['environment', 'service'] },
);
const table = fc.array(route, { maxLength: 30 });
const facts = fc.record({
  environment: fc.oneof(id, fc.constant('*')),
  view: maybe,
  viewName: maybe,
  domain: maybe,
  metric: maybe,
});

test('the index finds the same route as a scan', () => {
  fc.assert(
    fc.property(table, fc.array(facts, { maxLength: 20 }), (routes, events) => {
      const find = routeTable(routes);
      for (const event of events) {
        expect(find(event)).toBe(routes.find((candidate) => takes(candidate, event)));
      }
    }),
    RUNS,
  );
});

test('a route is hidden exactly when earlier ones match every event that it matches', () => {
  fc.assert(
    fc.property(table, (routes) => {
      const expected = routes.flatMap((candidate, position): [number, number[]][] => {
        // A wildcard takes values without end, so one route has to take all of a combination.
        const hiding = combinations(candidate).map((one) =>
          routes.slice(0, position).findIndex((wide) => takes(wide, one)),
        );
        if (hiding.includes(-1)) return [];
        return [[position, [...new Set(hiding)].toSorted((a, b) => a - b)]];
      });
      expect([...findHiddenRoutes(routes)]).toEqual(expected);
    }),
    RUNS,
  );
});

test('a hidden route never wins, and every other route can win', () => {
  fc.assert(
    fc.property(table, (routes) => {
      const hidden = findHiddenRoutes(routes);
      const find = routeTable(routes);
      for (const [position, candidate] of routes.entries()) {
        // The events that it matches and that as few other routes as possible match.
        const wins = combinations(candidate).some((event) => find(event) === candidate);
        expect(wins).toBe(!hidden.has(position));
      }
    }),
    RUNS,
  );
});

test('what earlier routes take of a route is known by combination', () => {
  const routes: readonly Route[] = [
    { environment: 'a', view: ['1', '2'], service: 'x' },
    { environment: '*', metric: 'latency', ignore: true },
    { environment: ['a', 'b'], view: ['2', '3'], metric: ['requests', 'latency'], service: 'y' },
  ];
  expect([...findTaken(routes)]).toEqual([
    [
      2,
      [
        { fields: { environment: 'a', view: '2', metric: 'requests' }, by: 0 },
        { fields: { environment: 'a', view: '2', metric: 'latency' }, by: 0 },
        { fields: { environment: 'a', view: '3', metric: 'latency' }, by: 1 },
        { fields: { environment: 'b', view: '2', metric: 'latency' }, by: 1 },
        { fields: { environment: 'b', view: '3', metric: 'latency' }, by: 1 },
      ],
    ],
  ]);
  expect(routes.map(combinationCount)).toEqual([2, 1, 8]);
});

describe('a table of 10,000 routes', () => {
  const routes: readonly Route[] = Array.from({ length: 10_000 }, (_, i) => ({
    environment: `env-${i % 100}`,
    view: `${Math.floor(i / 100)}`,
    service: `service-${i}`,
  }));

  test('finds the first, the last and none', () => {
    expect(serviceOf(routes, { environment: 'env-0', view: '0' })).toBe('service-0');
    expect(serviceOf(routes, { environment: 'env-99', view: '99' })).toBe('service-9999');
    expect(serviceOf(routes, { environment: 'env-99', view: '100' })).toBeUndefined();
  });

  test('uses the index and not the routes', () => {
    let reads = 0;
    const counted = routes.map(({ environment, view = '*' }) => ({
      get environment() {
        reads += 1;
        return environment;
      },
      view,
      service: 's',
    }));
    const find = routeTable(counted);
    const whileBuilding = reads;
    expect(find({ environment: 'env-99', view: '99' })).toBe(counted[9_999]);
    expect(reads).toBe(whileBuilding);
  });

  test('is the same after it was written to and read from its file', () => {
    const json = JSON.stringify(routes);
    expect(JSON.stringify(readRoutes(json))).toBe(json);
  });

  test('finds the routes that can never match', () => {
    const hidden = findHiddenRoutes([{ environment: '*', view: '7', service: 'x' }, ...routes]);
    expect(hidden.size).toBe(100);
    expect([...hidden.values()].every((by) => by.length === 1 && by[0] === 0)).toBe(true);
  });
});
