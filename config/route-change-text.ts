/** Changes of routes in words, such as `view 32 (requests): was search warning, now ignored`. */

import {
  FIELDS,
  type OneOrMore,
  type Route,
  type ServiceRoute,
  type SeverityRule,
} from '../lambda/shared/routes.ts';
import type { RouteChange } from './route-changes.ts';
import { matchText } from './route-names.ts';

/** Values of a list that a change names. */
const MAX_VALUES = 20;

/** The fields that take a list. */
const LISTS = ['view', 'viewName', 'metric', 'environment'] as const;

/** Changes with the same text, and the events that they are about. */
interface Group {
  readonly match: Readonly<Partial<Record<(typeof FIELDS)[number], OneOrMore | undefined>>>;
  readonly text: string;
}

/** One line per change. Changes that differ in one value alone are one line. */
export function routeChangeLines(changes: readonly RouteChange[]): readonly string[] {
  let groups: readonly Group[] = changes.map(({ pattern, before, after }) => ({
    match: pattern,
    text: changeText(before, after),
  }));
  for (const field of LISTS) groups = merged(groups, field);
  return groups.map(
    ({ match, text }) => `${matchText(match, { shown: MAX_VALUES, isRest: true })}: ${text}`,
  );
}

/** Merges the groups that differ in one field alone. */
function merged(groups: readonly Group[], field: (typeof LISTS)[number]): readonly Group[] {
  const alike = Map.groupBy(groups, ({ match, text }) =>
    JSON.stringify([
      text,
      FIELDS.map((one) => (one === field ? match[one] !== undefined : match[one])),
    ]),
  );
  return [...alike.values()].flatMap((group): readonly Group[] => {
    const [first] = group;
    if (first === undefined || group.length === 1) return group;
    const values = group.flatMap(({ match }) => match[field] ?? []);
    return [{ text: first.text, match: Object.assign({}, first.match, { [field]: values }) }];
  });
}

/** What happened to some events and what happens now, such as `was a, now b`. */
function changeText(before: Route | undefined, after: Route | undefined): string {
  // The short form does not show what differs between two rules.
  const isOtherRule =
    isService(before) &&
    isService(after) &&
    JSON.stringify(before.severity) !== JSON.stringify(after.severity);
  const severity = isOtherRule ? stepsText : severitiesText;
  const [was, is] = [targetText(before, severity), targetText(after, severity)];
  if (!isService(before) || !isService(after)) return `was ${was}, now ${is}`;
  const others = otherFields(before, after);
  if (was === is) return others.join('; ');
  return [`was ${was}, now ${is}`, ...others].join('; ');
}

function isService(route: Route | undefined): route is ServiceRoute {
  return route !== undefined && 'service' in route;
}

function targetText(route: Route | undefined, severity: (rule: SeverityRule) => string): string {
  if (route === undefined) return 'answered 404';
  if ('ignore' in route) return 'ignored';
  return `${route.service} ${severity(route.severity ?? 'warning')}`;
}

/** All severities of a rule, such as `warning/error/critical`. */
function severitiesText(rule: SeverityRule): string {
  if (typeof rule === 'string') return rule;
  return [rule.default, ...rule.over.map(({ severity }) => severity)].join('/');
}

/** A rule in full, such as `warning, error from 1.5, critical from 2`. */
function stepsText(rule: SeverityRule): string {
  if (typeof rule === 'string') return rule;
  const steps = rule.over.map(
    ({ ratio, severity, ownIncident }) =>
      `${severity} from ${ratio}${ownIncident === true ? ' with its own incident' : ''}`,
  );
  return [rule.default, ...steps].join(', ');
}

/** The other fields of routes that differ, such as `runbook was none, now "https://…"`. */
function otherFields(before: ServiceRoute, after: ServiceRoute): readonly string[] {
  const known: readonly string[] = [...FIELDS, 'service', 'severity'];
  const old = new Map<string, unknown>(Object.entries(before));
  const current = new Map<string, unknown>(Object.entries(after));
  return [...new Set([...old.keys(), ...current.keys()])]
    .filter((name) => !known.includes(name))
    .map((name) => [name, valueText(old.get(name)), valueText(current.get(name))] as const)
    .filter(([, was, is]) => was !== is)
    .map(([name, was, is]) => `${name} was ${was}, now ${is}`);
}

function valueText(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value);
}
