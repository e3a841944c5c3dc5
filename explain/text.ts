/** Explanations for people. */

import { matchText, routeName } from '../config/route-names.ts';
import { stepsReached } from '../lambda/pagerduty/severity.ts';
import type { Candidate } from '../lambda/delivery/candidate.ts';
import { formatDuration } from '../lambda/shared/duration.ts';
import type { Explanation, PlacedRoute } from './explain.ts';

/** Titles of answers; ingest's own say what is wrong with a request. */
const ANSWERS: Readonly<Record<number, string>> = {
  200: '200 ignored',
  202: '202 accepted',
  404: '404 no route',
};

/** An explanation, one line per fact. */
export function explanationText(explanation: Explanation): string {
  const { answer, route, hidden, delivery } = explanation;
  const facts: [name: string, value: string][] = [
    ['Event', eventText(explanation)],
    [
      'Answer',
      [ANSWERS[answer.status] ?? `${answer.status}`, answer.reason].filter(Boolean).join(': '),
    ],
  ];
  if (route !== undefined) facts.push(['Route', placed(route)]);
  for (const other of hidden) facts.push(['Hides', placed(other)]);
  if (delivery !== undefined) {
    const { candidate, alert } = delivery;
    facts.push(
      ['Service', candidate.service],
      ['Severity', severityText(candidate)],
      ['Dedup key', candidate.dedupKey],
      ['Resolved', resolveText(candidate)],
      ['Summary', alert.payload.summary],
      ...alert.links.map(({ text, href }): [string, string] => ['Link', `${text}: ${href}`]),
      ...Object.entries(candidate.route.details ?? {}).map(([name, value]): [string, string] => [
        'Detail',
        `${name}: ${value}`,
      ]),
    );
  }
  return facts.map(([name, value]) => `${name.padEnd(11)}${value}`).join('\n');
}

function placed({ position, route }: PlacedRoute): string {
  return routeName(position, route);
}

/** An event in one line, such as `view 4 of prod (requests), 42 over 30`. */
export function eventText({ event }: Pick<Explanation, 'event'>): string {
  if (event === undefined) return 'cannot be read';
  const { environment, view, domain, metric, value, threshold } = event;
  const match = matchText({
    environment: environment.id,
    view: view?.id,
    // The name identifies a view only if its events have no ID.
    viewName: view?.id === undefined ? view?.name : undefined,
    // An event about a view is of the domain VIEWS, which goes without saying.
    domain: view === undefined ? domain : undefined,
    metric,
  });
  const bound = threshold === undefined ? '' : `, threshold ${threshold}`;
  return `${match}${value === undefined ? '' : `, value ${value}`}${bound}`;
}

function resolveText({ event, resolveAfter }: Candidate): string {
  if (event.isTest === true) return 'at once, because it is a test';
  return resolveAfter === undefined
    ? 'not by the bridge'
    : `after ${formatDuration(resolveAfter)} without an event`;
}

/** A severity, and what it comes from. */
function severityText({ severity, event, route, standsFor: { ratio } }: Candidate): string {
  if (event.isTest === true) return `${severity}, as of every test`;
  const { severity: rule } = route;
  if (rule === undefined) return `${severity}, the default`;
  if (typeof rule === 'string') return `${severity}, fixed`;
  if (ratio === undefined)
    return `${severity}, the default of the steps: no ratio of value to threshold`;
  const is = `the ratio is ${Number(ratio.toPrecision(4))}`;
  const step = stepsReached(ratio, rule).at(-1);
  if (step === undefined)
    return `${severity}, below the first step at ${rule.over[0]?.ratio}: ${is}`;
  return `${severity}, from the step at ${step.ratio}: ${is}`;
}
