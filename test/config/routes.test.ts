import { describe, expect, test } from '@jest/globals';
import { defineStage } from '../../config/define-stage.ts';
import type { Route } from '../../lambda/shared/routes.ts';

/** The lines of the error of a stage named `r`, without the heading. */
function mistakes(routes: unknown): string[] {
  const written: object = { routes };
  try {
    defineStage({ name: 'r', routes: [], ...written });
  } catch (error) {
    const lines = error instanceof Error ? error.message.split('\n') : [];
    return lines.slice(1).map((line) => line.trim());
  }
  return [];
}

const scaled = (over: unknown): object => ({
  environment: '1',
  service: 's',
  severity: { default: 'warning', over },
});

const ID_FIX =
  "cannot be used; write the ID as Glasnostic shows it, without blanks around it, or '*' for any";
const SERVICE_FIX =
  'cannot be used; a service is 1 to 128 ASCII letters, digits and punctuation, without blanks: it is the MessageGroupId on SQS';

describe('a mistake in a route names the path and the fix', () => {
  test.each<[string, object, string]>([
    [
      'no environment',
      { service: 's' },
      ".environment: is missing; write the ID as Glasnostic shows it, without blanks around it, or '*' for any",
    ],
    ['an empty environment', { environment: '', service: 's' }, `.environment: "" ${ID_FIX}`],
    ['a blank before an ID', { environment: ' 1', service: 's' }, `.environment: " 1" ${ID_FIX}`],
    [
      'a line break after an ID',
      { environment: '1', view: '2\n', service: 's' },
      `.view: "2\\n" ${ID_FIX}`,
    ],
    ['an ID as a number', { environment: 1, service: 's' }, `.environment: 1 ${ID_FIX}`],
    [
      'an unknown domain',
      { environment: '1', domain: 'VIEW', service: 's' },
      '.domain: "VIEW" is not offered; use one of VIEWS, SEGMENTATION, *',
    ],
    [
      'no target',
      { environment: '1' },
      ': says neither service nor ignore; name a PagerDuty service, or write ignore: true',
    ],
    [
      'two targets',
      { environment: '1', service: 's', ignore: true },
      ': has both service and ignore; keep the one that is meant',
    ],
    [
      'ignore: false',
      { environment: '1', ignore: false },
      '.ignore: false cannot be used; write true, or leave it out',
    ],
    [
      'a service with a blank',
      { environment: '1', service: 'my service' },
      `.service: "my service" ${SERVICE_FIX}`,
    ],
    [
      'a service with an umlaut',
      { environment: '1', service: 'büro' },
      `.service: "büro" ${SERVICE_FIX}`,
    ],
    ['an empty service', { environment: '1', service: '' }, `.service: "" ${SERVICE_FIX}`],
    [
      'a service of 129 characters',
      { environment: '1', service: 's'.repeat(129) },
      `.service: "${'s'.repeat(58)}… ${SERVICE_FIX}`,
    ],
    [
      'an empty list',
      { environment: [], service: 's' },
      ".environment: is an empty list; name at least one, or write '*' for any",
    ],
    [
      'any view in a list',
      { environment: '1', view: ['4', '*'], service: 's' },
      ".view[1]: '*' means any; write '*' without a list",
    ],
    [
      'a view that is in a list twice',
      { environment: '1', view: ['4', '5', '4'], service: 's' },
      '.view[2]: "4" is in the list twice',
    ],
    [
      'an ID in a list as a number',
      { environment: '1', view: ['4', 5], service: 's' },
      `.view[1]: 5 ${ID_FIX}`,
    ],
    [
      'details of an ignored route',
      { environment: '1', ignore: true, details: { team: 'shop' } },
      '.details: means nothing on an ignored route; leave it out',
    ],
    [
      'an own incident that is no yes or no',
      scaled([{ ratio: 2, severity: 'error', ownIncident: 'yes' }]),
      '.severity.over[0].ownIncident: "yes" is not a yes or no; use true or false',
    ],
    [
      'a severity on an ignored route',
      { environment: '1', ignore: true, severity: 'info' },
      '.severity: means nothing on an ignored route; leave it out',
    ],
    [
      'an unknown severity',
      { environment: '1', service: 's', severity: 'high' },
      '.severity: "high" is not a severity; use one of info, warning, error, critical',
    ],
    [
      'a misspelt field',
      { environment: '1', service: 's', sevrity: 'info' },
      '.sevrity: is not a field; did you mean severity?',
    ],
    [
      'a ratio of 1',
      scaled([{ ratio: 1, severity: 'error' }]),
      '.severity.over[0].ratio: 1 is not a number above 1; it is the value divided by the threshold',
    ],
    [
      'a ratio as text',
      scaled([{ ratio: '2', severity: 'error' }]),
      '.severity.over[0].ratio: "2" is not a number above 1; it is the value divided by the threshold',
    ],
    [
      'ratios that do not ascend',
      scaled([
        { ratio: 2, severity: 'error' },
        { ratio: 2, severity: 'critical' },
      ]),
      '.severity.over[1].ratio: 2 does not come after 2; write the steps in ascending order',
    ],
    [
      'severities that do not ascend',
      scaled([
        { ratio: 2, severity: 'critical' },
        { ratio: 3, severity: 'error' },
      ]),
      '.severity.over[1].severity: "error" is not above "critical"; each step must be more urgent than what comes before it',
    ],
    [
      'a step that is not above the default',
      scaled([{ ratio: 2, severity: 'warning' }]),
      '.severity.over[0].severity: "warning" is not above "warning"; each step must be more urgent than what comes before it',
    ],
    [
      'no steps',
      scaled([]),
      '.severity.over: has no step; write the severity itself when it does not change',
    ],
    [
      'no default',
      { environment: '1', service: 's', severity: { over: [{ ratio: 2, severity: 'error' }] } },
      '.severity.default: is missing; use one of info, warning, error, critical',
    ],
    [
      'steps for denied connections',
      { ...scaled([{ ratio: 2, severity: 'error' }]), domain: 'SEGMENTATION' },
      '.severity.over: never applies to the domain SEGMENTATION, whose events have no value; write one severity',
    ],
    [
      'a quiet time on an ignored route',
      { environment: '1', ignore: true, resolveAfterMinutes: 30 },
      '.resolveAfterMinutes: means nothing on an ignored route; leave it out',
    ],
    ...[0, 0.4, -1, 10_080.5, Infinity, Number.NaN, '30', null].map(
      (minutes): [string, object, string] => [
        `a quiet time of ${JSON.stringify(minutes)} (${String(minutes)})`,
        { environment: '1', service: 's', resolveAfterMinutes: minutes },
        `.resolveAfterMinutes: ${JSON.stringify(minutes)} is not a number of minutes from 0.5 to 10080, a week; 30 to 60 is a good start`,
      ],
    ),
  ])('%s', (_, route, message) => {
    const [found, ...others] = mistakes([{ environment: 'other', service: 'ok' }, route]);
    expect(found?.replace(/(?<=\]) \([^)]*\)/, '')).toBe(`stages.r.routes[1]${message}`);
    expect(others).toEqual([]);
  });

  test('no routes', () => {
    expect(mistakes([])).toEqual([
      "stages.r.routes: is empty; every event would be answered 404. Begin with { environment: '*', service: 'my-service' }",
    ]);
    expect(mistakes(undefined)).toHaveLength(1);
  });
});

test('everything that a route can have is read as it is written', () => {
  const routes: readonly Route[] = [
    {
      environment: ['prod', 'staging'],
      view: ['4', '5'],
      metric: ['latency', 'requests'],
      service: 'search',
      severity: {
        default: 'warning',
        over: [{ ratio: 2, severity: 'critical', ownIncident: true }],
      },
      runbook: 'https://wiki.example/{environment}?view={view}#{metric}',
      details: { team: 'Search', 'Slack channel': '#search' },
    },
  ];
  expect(defineStage({ name: 'r', routes }).routes).toEqual(routes);
});

test('IDs and names are in the form NFC, as those of events', () => {
  const { routes } = defineStage({
    name: 'r',
    routes: [
      { environment: 'e\u0301', view: 'e\u0301', service: 's' },
      { environment: '*', viewName: 'Cafe\u0301', service: 's' },
    ],
  });
  expect(routes).toMatchObject([
    { environment: '\u00E9', view: '\u00E9' },
    { environment: '*', viewName: 'Caf\u00E9' },
  ]);
});

test('a view with blanks inside its ID is fine', () => {
  expect(mistakes([{ environment: 'my environment', service: 's' }])).toEqual([]);
});
