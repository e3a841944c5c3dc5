/** What is probably a mistake in a stage, although the stage can be used. */

import { findTaken, type OneOrMore, type Route, type Severity } from '../lambda/shared/routes.ts';
import { nearest, show } from './fields.ts';
import { firstAddressOf, hasHostBits, networkOfOne } from './networks.ts';
import { listText, matchText, routeName } from './route-names.ts';
import type { StageConfig } from './stage.ts';

/** Metrics of a view, as in the page "Webhooks" of Glasnostic's documentation. */
const METRICS = ['requests', 'latency', 'concurrency', 'bandwidth'] as const;

/** Share of routes at error or critical from which these mean nothing any more. */
const MAX_URGENT_SHARE = 0.8;

/**
 * Warnings about a stage, each in one sentence. Synthesis and the review show them, and neither
 * fails.
 */
export function warningsOf(stage: StageConfig): readonly string[] {
  return [
    ...namesOfEnvironments(stage.routes),
    ...unknownMetrics(stage.routes),
    ...undocumented(stage.routes),
    ...partlyHidden(stage.routes),
    ...tooUrgent(stage.routes),
    ...hostBits(stage.allowedNetworks),
    ...proxyWithoutNetwork(stage),
  ];
}

/** The values of a condition that the routes have -> descriptions of these routes. */
function routesByValue(
  routes: readonly Route[],
  field: 'environment' | 'metric',
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const [position, route] of routes.entries()) {
    const condition: OneOrMore = route[field] ?? [];
    for (const value of [condition].flat()) {
      if (value === '*') continue;
      found.set(value, [...(found.get(value) ?? []), routeName(position, route)]);
    }
  }
  return found;
}

/**
 * True if a text is made of words, such as `production` or `prod-eu-1`. IDs of environments look
 * like `YegltGN8vgAK8THi`.
 */
function isName(text: string): boolean {
  const word = '(?:[A-Z]?[a-z]+|[A-Z]+)';
  return new RegExp(`\\s|^${word}(?:[-_.]${word})*(?:[-_.]?\\d{1,2})?$`).test(text);
}

function* namesOfEnvironments(routes: readonly Route[]): Iterable<string> {
  for (const [environment, names] of routesByValue(routes, 'environment')) {
    if (!isName(environment)) continue;
    yield `environment ${show(environment)} of ${listText(names)} looks like a name; events have the ID, which is in the console's address: /environments/ID`;
  }
}

function* unknownMetrics(routes: readonly Route[]): Iterable<string> {
  for (const [metric, names] of routesByValue(routes, 'metric')) {
    if (METRICS.some((known) => known === metric)) continue;
    const meant = nearest(metric, METRICS);
    const fix = meant === undefined ? `use one of ${METRICS.join(', ')}` : `did you mean ${meant}?`;
    yield `metric ${show(metric)} of ${listText(names)} is none of Glasnostic's; ${fix}`;
  }
}

/** Events about denied connections have no view and no metric in Glasnostic's documentation. */
function* undocumented(routes: readonly Route[]): Iterable<string> {
  for (const [position, route] of routes.entries()) {
    const { domain, view, viewName, metric } = route;
    const isForAll = [view, viewName, metric].every((one) => one === undefined || one === '*');
    if (domain !== 'SEGMENTATION' || isForAll) continue;
    yield `${routeName(position, route)} matches no event that Glasnostic documents: those of domain SEGMENTATION have no view and no metric`;
  }
}

/** Combinations of a route that earlier routes take. Routes that never match are mistakes. */
function* partlyHidden(routes: readonly Route[]): Iterable<string> {
  for (const [position, taken] of findTaken(routes)) {
    for (const [by, group] of Map.groupBy(taken, ({ by: earlier }) => earlier)) {
      const what = listText(group.map(({ fields }) => matchText(fields)));
      const it = group.length === 1 ? 'it' : 'them';
      yield `${routeName(position, routes[position])} never gets ${what}: ${routeName(by, routes[by])} takes ${it} first`;
    }
  }
}

function* tooUrgent(routes: readonly Route[]): Iterable<string> {
  const lowest = routes.flatMap((route): Severity[] => {
    if ('ignore' in route) return [];
    const { severity = 'warning' } = route;
    return [typeof severity === 'string' ? severity : severity.default];
  });
  const urgent = lowest.filter((severity) => severity === 'error' || severity === 'critical');
  if (urgent.length <= lowest.length * MAX_URGENT_SHARE) return;
  yield `${urgent.length} of ${lowest.length} routes with a service are never below error: when all events are urgent, none goes first. Begin with warning, and let the ratio raise it`;
}

function* hostBits(networks: readonly string[]): Iterable<string> {
  for (const [position, network] of networks.entries()) {
    if (!hasHostBits(network)) continue;
    yield `allowedNetworks[${position}] ${network} allows all of ${firstAddressOf(network)}; write that, or ${networkOfOne(network)} for one address`;
  }
}

function* proxyWithoutNetwork({ proxy, vpc }: StageConfig): Iterable<string> {
  if (proxy === undefined || vpc !== undefined) return;
  yield 'proxy is set without vpc: delivery reaches a proxy in a private network only from inside it, and without the proxy it sends no page. Add vpc, unless the proxy has a public address';
}
