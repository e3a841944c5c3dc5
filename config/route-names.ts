/** Texts that say which events a route matches and where it sends them, for people. */

import { isIntegrationKey } from '../lambda/pagerduty/integration-key.ts';
import { isJsonObject } from '../lambda/shared/json.ts';
import { cut, oneLine } from '../lambda/shared/text.ts';

/** Values of a list that are shown; the others are counted. */
const MAX_SHOWN = 3;

/** Longest value that is shown in full, characters. */
const MAX_LENGTH = 40;

/** A list in words: the first ones, and how many others there are. */
export function listText(texts: readonly string[], shown = MAX_SHOWN): string {
  if (texts.length <= shown + 1) return texts.join(', ');
  return `${texts.slice(0, shown).join(', ')} and ${texts.length - shown} others`;
}

/** The values of a condition that is not a wildcard. Anything but text is left out. */
function values(condition: unknown): readonly string[] {
  if (condition === '*') return [];
  const all: readonly unknown[] = Array.isArray(condition) ? condition : [condition];
  return all.filter((value) => typeof value === 'string').map(short);
}

/** Text of a mistake: on one line and not too long. */
function short(value: string): string {
  return cut(oneLine(value), MAX_LENGTH);
}

/** How {@link matchText} describes events. */
export interface MatchTextOptions {
  /** Values of a list that are shown. @default 3 */
  readonly shown?: number;
  /** True if other routes take some of the events. @default false */
  readonly isRest?: boolean;
}

/**
 * The events that a route matches, such as `view 4 of prod (requests)`. Takes any value, because
 * the mistakes of a route that is no route have to be named too.
 */
export function matchText(
  route: unknown,
  { shown = MAX_SHOWN, isRest = false }: MatchTextOptions = {},
): string {
  if (!isJsonObject(route)) return '';
  const environments = values(route['environment']);
  const ids = values(route['view']);
  const names = values(route['viewName']).map((name) => JSON.stringify(name));
  const views = ids.length > 0 ? ids : names;
  const metrics = values(route['metric']);
  const domains = values(route['domain']);
  const named = (word: string, of: readonly string[]): string =>
    `${of.length === 1 ? word : `${word}s`} ${listText(of, shown)}`;
  const ofEnvironment = environments.length === 0 ? '' : ` of ${listText(environments, shown)}`;
  const details = [
    ...(ids.length > 0 ? names : []),
    ...(views.length > 0 ? domains : []),
    ...metrics,
  ];
  const inBrackets = details.length === 0 ? '' : ` (${listText(details)})`;
  if (views.length > 0) return `${named('view', views)}${ofEnvironment}${inBrackets}`;
  if (domains.length > 0) return `${listText(domains)}${ofEnvironment}${inBrackets}`;
  if (metrics.length > 0) return `any ${isRest ? 'other ' : ''}view${ofEnvironment}${inBrackets}`;
  if (isRest) return `everything else${ofEnvironment}`;
  return environments.length === 0 ? 'everything' : named('environment', environments);
}

/** Where a route sends its events: a service, or `ignored`. Never an integration key. */
function targetText(route: unknown): string {
  if (!isJsonObject(route)) return '';
  const { service, ignore } = route;
  if (typeof service === 'string' && service !== '') {
    return isIntegrationKey(service.trim()) ? ' → an integration key' : ` → ${short(service)}`;
  }
  return ignore === true ? ' → ignored' : '';
}

/** A route with its position, such as `routes[15] (view 4 → search)`. */
export function routeName(position: number, route: unknown): string {
  const text = `${matchText(route)}${targetText(route)}`;
  return `routes[${position}]${text === '' ? '' : ` (${text})`}`;
}
