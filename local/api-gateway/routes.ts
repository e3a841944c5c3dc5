/** Finds the route of an HTTP API for a request. */

import type { RouteModel } from '../stack/model.ts';

/** The route of a request, with the values of its path variables. */
export interface MatchedRoute extends RouteModel {
  readonly pathParameters: Readonly<Record<string, string>>;
}

interface CompiledRoute extends RouteModel {
  readonly method: string;
  readonly pattern: RegExp;
  /** Routes of higher rank are tried first. */
  readonly rank: readonly number[];
}

const DEFAULT_ROUTE = '$default';

function escapeRegExp(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

function compile(route: RouteModel): CompiledRoute {
  const [method = '', path = ''] = route.routeKey.split(' ');
  if (route.routeKey === DEFAULT_ROUTE) {
    return { ...route, method: 'ANY', pattern: /^/, rank: [0, 0, 0] };
  }
  const greedy = path.includes('+}');
  const parts = path.split('/').map((segment) => {
    const [, name, plus] = /^\{(\w+)(\+?)\}$/.exec(segment) ?? [];
    if (name === undefined) return escapeRegExp(segment);
    return plus === '+' ? `(?<${name}>.+)` : `(?<${name}>[^/]+)`;
  });
  const literals = path.split('/').filter((segment) => !segment.startsWith('{')).length;
  return {
    ...route,
    method,
    pattern: new RegExp(`^${parts.join('/')}$`),
    rank: [greedy ? 1 : 2, literals, method === 'ANY' ? 0 : 1],
  };
}

function byRank(one: CompiledRoute, other: CompiledRoute): number {
  for (const [index, value] of one.rank.entries()) {
    const difference = (other.rank[index] ?? 0) - value;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Undoes percent-encoding; returns text that is not valid percent-encoding as it is. */
export function decodePath(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Makes the lookup of an API's routes. The most specific route is chosen: a full match, then a greedy
 * path variable, then `$default`.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export function routeMatcher(
  routes: readonly RouteModel[],
): (method: string, path: string) => MatchedRoute | undefined {
  const compiled = routes.map(compile).toSorted(byRank);
  return (method, path) => {
    for (const { method: wanted, pattern, routeKey, functionName } of compiled) {
      if (wanted !== 'ANY' && wanted !== method) continue;
      const match = pattern.exec(path);
      if (match === null) continue;
      const parameters = Object.entries(match.groups ?? {}).map(([name, value]) => [
        name,
        decodePath(value),
      ]);
      return { routeKey, functionName, pathParameters: Object.fromEntries(parameters) };
    }
    return undefined;
  };
}
