import { describe, expect, test } from '@jest/globals';
import { routeChangeLines } from '../../config/route-change-text.ts';
import { findRouteChanges } from '../../config/route-changes.ts';
import type { Route, ScaledSeverity } from '../../lambda/shared/routes.ts';

function lines(before: readonly Route[], after: readonly Route[]): readonly string[] {
  return routeChangeLines(findRouteChanges(before, after).changes);
}

const severity: ScaledSeverity = {
  default: 'warning',
  over: [
    { ratio: 1.5, severity: 'error' },
    { ratio: 2, severity: 'critical' },
  ],
};
const views = (...view: string[]): Route => ({
  environment: '*',
  view,
  metric: 'requests',
  service: 'search',
  severity,
});
const IGNORE: Route = { environment: '*', ignore: true };

describe('a change of routes in words', () => {
  test('a view that is dropped from a route, in front of a route that ignores', () => {
    expect(lines([views('31', '32', '33'), IGNORE], [views('31', '33'), IGNORE])).toEqual([
      'view 32 (requests): was search warning/error/critical, now ignored',
    ]);
  });

  test('a view that is dropped from a route, without a route for the rest', () => {
    expect(lines([views('31', '32')], [views('31')])).toEqual([
      'view 32 (requests): was search warning/error/critical, now answered 404',
    ]);
  });

  test.each<[string, readonly Route[], readonly Route[], readonly string[]]>([
    [
      'another service for many views is one line',
      [views(...Array.from({ length: 25 }, (_, i) => `${i}`))],
      [{ ...views(...Array.from({ length: 25 }, (_, i) => `${i}`)), service: 'shop' }],
      [
        'views 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19 and 5 others (requests): was search warning/error/critical, now shop warning/error/critical',
      ],
    ],
    [
      'the same routes written as a list are no change',
      [views('1'), views('2'), views('3')],
      [views('1', '2', '3')],
      [],
    ],
    [
      'another ratio',
      [views('1')],
      [
        {
          ...views('1'),
          severity: {
            ...severity,
            over: [
              { ratio: 3, severity: 'error' },
              { ratio: 4, severity: 'critical', ownIncident: true },
            ],
          },
        },
      ],
      [
        'view 1 (requests): was search warning, error from 1.5, critical from 2, now search warning, error from 3, critical from 4 with its own incident',
      ],
    ],
    [
      'fewer steps, of which one has its own incident',
      [views('1')],
      [
        {
          ...views('1'),
          service: 'shop',
          severity: {
            default: 'error',
            over: [{ ratio: 2, severity: 'critical', ownIncident: true }],
          },
        },
      ],
      [
        'view 1 (requests): was search warning, error from 1.5, critical from 2, now shop error, critical from 2 with its own incident',
      ],
    ],
    [
      'a runbook and details',
      [views('1')],
      [{ ...views('1'), runbook: 'https://wiki.example/{view}', details: { team: 'Search' } }],
      [
        'view 1 (requests): runbook was none, now "https://wiki.example/{view}"; details was none, now {"team":"Search"}',
      ],
    ],
    [
      'the order of routes that overlap',
      [
        { environment: 'prod', service: 'platform' },
        { environment: '*', view: '4', service: 'shop' },
      ],
      [
        { environment: '*', view: '4', service: 'shop' },
        { environment: 'prod', service: 'platform' },
      ],
      ['view 4 of prod: was platform warning, now shop warning'],
    ],
    [
      'the last route',
      [
        { environment: 'prod', view: '4', service: 'shop' },
        { environment: '*', service: 'platform' },
      ],
      [{ environment: 'prod', view: '4', service: 'shop' }, IGNORE],
      ['everything else: was platform warning, now ignored'],
    ],
    [
      'a new route',
      [IGNORE],
      [{ environment: 'prod', metric: 'latency', service: 'shop' }, IGNORE],
      ['any other view of prod (latency): was ignored, now shop warning'],
    ],
  ])('%s', (_, before, after, expected) => {
    expect(lines(before, after)).toEqual(expected);
  });
});
