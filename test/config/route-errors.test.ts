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

describe('a mistake in the routes of a stage', () => {
  test('a route that an earlier one hides', () => {
    expect(
      mistakes([
        { environment: '1', view: '7', service: 'a' },
        { environment: '1', service: 'b' },
        { environment: '2', service: 'c' },
        { environment: '1', domain: 'VIEWS', metric: 'requests', ignore: true },
      ]),
    ).toEqual([
      'stages.r.routes[3] (VIEWS of 1 (requests) → ignored): can never match, because routes[1] (environment 1 → b) takes everything it could; put it before routes[1], or remove it',
    ]);
  });

  test('a route that several earlier ones hide together', () => {
    expect(
      mistakes([
        { environment: '1', view: ['7', '8'], service: 'a' },
        { environment: '*', view: '9', service: 'b' },
        { environment: '1', view: ['7', '9'], metric: 'requests', service: 'c' },
        { environment: '1', view: ['7', '10'], service: 'd' },
      ]),
    ).toEqual([
      'stages.r.routes[2] (views 7, 9 of 1 (requests) → c): can never match, because routes[0] (views 7, 8 of 1 → a), routes[1] (view 9 → b) together take everything it could; put it before them, or remove it',
    ]);
  });

  test('a catch-all in front of 25 routes, in one line', () => {
    const views = Array.from({ length: 25 }, (_, i) => ({
      environment: '*',
      view: `${i}`,
      service: 'search',
    }));
    expect(mistakes([{ environment: '*', service: 'platform' }, ...views])).toEqual([
      'stages.r.routes[0] (everything → platform): hides 25 routes after it: routes[1] (view 0 → search), routes[2] (view 1 → search), routes[3] (view 2 → search) and 22 others; put it after these, or remove these',
    ]);
  });

  test('an integration key as a service, without repeating it', () => {
    const key = 'abcdefghijklmnopqrstuvwxyz012345';
    for (const service of [key, ` ${key}\n`]) {
      const found = mistakes([{ environment: '1', view: '4', service }]);
      expect(found).toEqual([
        'stages.r.routes[0] (view 4 of 1 → an integration key).service: has the form of an integration key, which must not be in a stage: a service is named in logs and queue messages. Write a name, and set the key with "./bridge keys set NAME"',
      ]);
    }
    // A hidden route names the other one too.
    const hidden = mistakes([
      { environment: '*', service: 's' },
      { environment: '1', service: key },
    ]);
    expect(hidden.join('\n')).not.toContain(key);
  });

  test('at most 50 mistakes are listed, and the others counted', () => {
    const wrong = Array.from({ length: 80 }, (_, i) => ({ environment: i, service: 's' }));
    const found = mistakes(wrong);
    expect(found).toHaveLength(51);
    expect(found.at(-1)).toBe('and 30 more');
  });

  test('too many combinations for the index', () => {
    const ids = Array.from({ length: 400 }, (_, i) => `${i}`);
    expect(mistakes([{ environment: ids, view: ids, service: 's' }])).toEqual([
      'stages.r.routes: have 160000 combinations of environments, views and metrics; use at most 100000',
    ]);
  });
});

describe('a mistake names its route by what it is', () => {
  test.each<[string, object, string]>([
    ['a view', { environment: '*', view: '4', service: 'search' }, 'view 4 → search'],
    [
      'a view of an environment, and a metric',
      { environment: 'prod', view: '4', metric: 'latency', service: 'search' },
      'view 4 of prod (latency) → search',
    ],
    [
      'many views',
      { environment: '*', view: ['1', '2', '3', '4', '5', '6'], ignore: true },
      'views 1, 2, 3 and 3 others → ignored',
    ],
    ['a name', { environment: 'a', viewName: 'Cart', service: 'n' }, 'view "Cart" of a → n'],
    [
      'an ID and a name',
      { environment: 'a', view: '4', viewName: 'Cart', service: 'n' },
      'view 4 of a ("Cart") → n',
    ],
    ['a domain', { environment: '*', domain: 'SEGMENTATION', service: 'n' }, 'SEGMENTATION → n'],
    [
      'a metric',
      { environment: 'a', metric: 'latency', service: 'n' },
      'any view of a (latency) → n',
    ],
    ['environments', { environment: ['a', 'b'], service: 'n' }, 'environments a, b → n'],
    ['everything', { environment: '*', service: 'n' }, 'everything → n'],
    [
      'a long ID',
      { environment: 'x'.repeat(100), service: 'n' },
      `environment ${'x'.repeat(39)}… → n`,
    ],
  ])('%s', (_, route, name) => {
    expect(mistakes([{ ...route, sevrity: 'info' }])).toEqual([
      `stages.r.routes[0] (${name}).sevrity: is not a field; did you mean severity?`,
    ]);
  });
});

test('10,000 routes are read as they were written, and the hidden ones are found', () => {
  const routes: Route[] = Array.from({ length: 10_000 }, (_, i) => ({
    environment: `${i % 50}`,
    view: `${i}`,
    service: `service-${i % 200}`,
  }));
  expect(defineStage({ name: 'large', routes }).routes).toEqual(routes);
  expect(mistakes([{ environment: '7', service: 's' }, ...routes])).toEqual([
    expect.stringContaining('routes[0] (environment 7 → s): hides 200 routes after it: routes[8] '),
  ]);
});
