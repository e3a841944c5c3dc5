/** Time of a route lookup among few and among many routes. */

import {
  type Route,
  routeTable,
  type RouteTable,
  type RoutingFields,
} from '../lambda/shared/routes.ts';
import { compare, type Measurement, type Row } from './measuring/row.ts';
import { seededRandom } from '../testkit/simulation/random.ts';

/** Routes in the baseline, and in the tables compared with it. */
const FEW = 10;
const MANY = [1_000, 10_000] as const;

/** Lookups per round, and distinct events among them. */
const LOOKUPS = 10_000;
const EVENTS = 5_000;
const WARM_UP = 15;
const ROUNDS = 40;

/** An event with its own environment. Events differ by their number alone. */
function factsOf(index: number): Required<RoutingFields> {
  const domain = index % 3 === 0 ? 'SEGMENTATION' : 'VIEWS';
  const metric = index % 2 === 0 ? 'requests' : 'latency';
  const view = `${index}`;
  return {
    environment: `YegltGN8vgAK8T${index}`,
    view,
    viewName: `View ${view}`,
    domain,
    metric,
  };
}

/** All kinds of routes in turn, so that tables of all sizes have the same kinds. */
function routeOf(index: number): Route {
  const { environment, view, domain, metric } = factsOf(index);
  const service = `service-${index % 50}`;
  const kinds = [
    { environment },
    { environment, view },
    { environment, domain },
    { environment, view, metric },
    { environment, domain, metric },
    { environment, view, domain, metric },
    { environment: '*', view },
    { environment: '*', view, metric },
  ] as const;
  return { ...(kinds[index % kinds.length] ?? { environment }), service };
}

/** The same routes with lists: those for an environment, and those for a view everywhere. */
function withLists(routes: readonly Route[]): readonly Route[] {
  const ofKind = (kind: number): readonly Route[] =>
    routes.filter((_, index) => index % 8 === kind);
  return [
    ...routes.filter((_, index) => index % 8 !== 0 && index % 8 !== 6),
    { environment: ofKind(0).flatMap(({ environment }) => environment), service: 'service-0' },
    { environment: '*', view: ofKind(6).flatMap(({ view = [] }) => view), service: 'service-6' },
  ];
}

/**
 * Events to look up. A quarter each matches a route at the end of the table, any route, only a route
 * for every environment, and no route.
 */
function lookups(size: number): readonly RoutingFields[] {
  const random = seededRandom(1);
  const any = (): number => Math.floor(random() * size);
  /** A route for every environment: the last two of each eight. */
  const wildcard = (): number => Math.floor(random() * Math.floor(size / 8)) * 8 + 6 + (any() % 2);
  return Array.from({ length: EVENTS }, (_, index) => {
    switch (index % 4) {
      case 0:
        return factsOf(size - 1 - (index % 8 === 0 ? 1 : 0));
      case 1:
        return factsOf(any());
      case 2:
        return { ...factsOf(wildcard()), environment: 'an environment without a route' };
      default:
        return factsOf(size + index);
    }
  });
}

/** Nanoseconds per lookup. */
function timeOf(find: RouteTable, facts: readonly RoutingFields[]): number {
  let found = 0;
  const begin = performance.now();
  for (let done = 0; done < LOOKUPS; done += facts.length) {
    for (const one of facts) if (find(one) !== undefined) found += 1;
  }
  const took = performance.now() - begin;
  if (found !== (LOOKUPS * 3) / 4) throw new Error(`${found} of ${LOOKUPS} lookups found a route.`);
  return (took * 1_000_000) / LOOKUPS;
}

interface Table {
  readonly name: string;
  readonly find: RouteTable;
  readonly facts: readonly RoutingFields[];
  /** Nanoseconds per lookup, one per round. */
  readonly took: number[];
}

function tableOf(
  size: number,
  write: (routes: readonly Route[]) => readonly Route[],
  how = '',
): Table {
  const routes = Array.from({ length: size }, (_, index) => routeOf(index));
  return {
    name: `${size.toLocaleString('en')} routes${how}`,
    find: routeTable(write(routes)),
    facts: lookups(size),
    took: [],
  };
}

function measure(): readonly Row[] {
  const tables = [FEW, ...MANY].map((size) => tableOf(size, (routes) => routes));
  const [largest = FEW] = MANY.toReversed();
  tables.push(tableOf(largest, withLists, ', a quarter of them as two with lists'));
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    for (const { find, facts, took } of tables) {
      const time = timeOf(find, facts);
      if (round >= 0) took.push(time);
    }
  }
  const [few, ...many] = tables;
  return many.map(({ name, took }) =>
    compare({
      measurement: `routing: a lookup among ${name}`,
      unit: 'ns',
      values: took,
      baseline: { name: `among ${FEW}`, values: few?.took ?? [] },
      limit: 2,
      note: 'a quarter each: the last routes, any route, routes for every environment, no route at all',
    }),
  );
}

const routing: Measurement = {
  about: 'lookups in tables of routes of every kind, most of them the worst cases',
  seconds: 5,
  measure: async () => measure(),
};

export default routing;
