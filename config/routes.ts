/** Reads the routes of a stage, and finds those that cannot work. */

import {
  findHiddenRoutes,
  SEVERITIES,
  type Route,
  type RouteMatch,
  type ScaledSeverity,
  type Severity,
  type SeverityStep,
} from '../lambda/shared/routes.ts';
import { isJsonObject } from '../lambda/shared/json.ts';
import { Section, show } from './section.ts';

/** Glasnostic's domains; see the webhook's event settings in its console. */
const DOMAINS = ['VIEWS', 'SEGMENTATION', '*'] as const;

const ID_RULE = {
  pattern: /^[^\s\p{Cc}](?:[^\p{Cc}]*[^\s\p{Cc}])?$/u,
  fix: "write the ID as Glasnostic shows it, without blanks around it, or '*' for any",
};

/**
 * The service is also the MessageGroupId of its events.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
const SERVICE_RULE = {
  pattern: /^[!-~]{1,128}$/,
  fix: 'a service is 1 to 128 ASCII letters, digits and punctuation, without blanks: it is the MessageGroupId on SQS',
};

function readSeverityName(value: unknown, at: Section, field: string): Severity | undefined {
  const found = SEVERITIES.find((severity) => severity === value);
  if (found === undefined) {
    at.problem(field, `${show(value)} is not a severity; use one of ${SEVERITIES.join(', ')}`);
  }
  return found;
}

function readStep(item: unknown, path: string, problems: string[]): SeverityStep | undefined {
  const section = new Section(path, item, problems);
  const ratio = section.raw('ratio');
  const severity = readSeverityName(section.raw('severity'), section, 'severity');
  section.close();
  if (typeof ratio !== 'number' || !Number.isFinite(ratio) || ratio <= 1) {
    section.problem(
      'ratio',
      `${show(ratio)} is not a number above 1; it is the value divided by the threshold`,
    );
    return undefined;
  }
  return severity === undefined ? undefined : { ratio, severity };
}

function checkSteps(
  steps: readonly (SeverityStep | undefined)[],
  scaled: ScaledSeverity,
  section: Section,
): void {
  let lower: SeverityStep = { ratio: 1, severity: scaled.default };
  for (const [i, step] of steps.entries()) {
    if (step === undefined) continue;
    if (i > 0 && step.ratio <= lower.ratio) {
      section.problem(
        `over[${i}].ratio`,
        `${step.ratio} does not come after ${lower.ratio}; write the steps in ascending order`,
      );
    }
    if (SEVERITIES.indexOf(step.severity) <= SEVERITIES.indexOf(lower.severity)) {
      section.problem(
        `over[${i}].severity`,
        `${show(step.severity)} is not above ${show(lower.severity)}; each step must be more urgent than what comes before it`,
      );
    }
    lower = step;
  }
}

function readSeverity(route: Section, problems: string[]): Severity | ScaledSeverity | undefined {
  const value = route.raw('severity');
  if (value === undefined) return undefined;
  if (!isJsonObject(value)) return readSeverityName(value, route, 'severity');
  const section = route.section('severity');
  const base = readSeverityName(section.raw('default'), section, 'default');
  const steps = section.list('over', (item, path) => readStep(item, path, problems));
  section.close();
  if (steps.length === 0) {
    section.problem('over', 'has no step; write the severity itself when it does not change');
  }
  if (base === undefined) return undefined;
  const scaled = { default: base, over: steps.filter((step) => step !== undefined) };
  checkSteps(steps, scaled, section);
  return scaled;
}

function readMatch(section: Section): RouteMatch {
  const view = section.optionalText('view', ID_RULE);
  const metric = section.optionalText('metric', ID_RULE);
  const domain = section.has('domain') ? section.choice('domain', DOMAINS, '*') : undefined;
  return {
    environment: section.text('environment', ID_RULE),
    ...(view === undefined ? {} : { view }),
    ...(domain === undefined ? {} : { domain }),
    ...(metric === undefined ? {} : { metric }),
  };
}

function readRoute(item: unknown, path: string, problems: string[]): Route {
  const section = new Section(path, item, problems);
  const match = readMatch(section);
  const service = section.optionalText('service', SERVICE_RULE);
  const ignore = section.raw('ignore');
  const severity = readSeverity(section, problems);
  section.close();
  if (ignore !== undefined && ignore !== true) {
    section.problem('ignore', `${show(ignore)} cannot be used; write true, or leave it out`);
  }
  if (ignore !== undefined && section.has('service')) {
    section.problem(undefined, 'has both service and ignore; keep the one that is meant');
  }
  if (ignore === undefined && !section.has('service')) {
    section.problem(
      undefined,
      'says neither service nor ignore; name a PagerDuty service, or write ignore: true',
    );
  }
  if (ignore !== undefined && section.has('severity')) {
    section.problem('severity', 'means nothing on an ignored route; leave it out');
  }
  if (match.domain === 'SEGMENTATION' && typeof severity === 'object') {
    section.problem(
      'severity.over',
      'never applies to the domain SEGMENTATION, whose events have no value; write one severity',
    );
  }
  if (ignore !== undefined) return { ...match, ignore: true };
  return { ...match, service: service ?? '', ...(severity === undefined ? {} : { severity }) };
}

/** Reads the routes, in their order. */
export function readRoutes(stage: Section, problems: string[]): readonly Route[] {
  const before = problems.length;
  const routes = stage.list('routes', (item, path) => readRoute(item, path, problems));
  if (problems.length > before) return routes;
  if (routes.length === 0) {
    stage.problem(
      'routes',
      "is empty; every event would be answered 404. Begin with { environment: '*', service: 'my-service' }",
    );
  }
  for (const [later, earlier] of findHiddenRoutes(routes)) {
    stage.problem(
      `routes[${later}]`,
      `can never match, because routes[${earlier}] takes everything it could; put it before routes[${earlier}], or remove it`,
    );
  }
  return routes;
}
