import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { deepLink, runbookUrl } from '../../../lambda/pagerduty/links.ts';
import { anyTextOf } from '../../support/any-text.ts';
import { eventOf, sample, thresholdBody } from '../../support/glasnostic.ts';
import { RUNS } from '../../support/runs.ts';

const CONSOLE = 'https://app.glasnostic.com';

function link(environment: unknown, view?: unknown): string {
  const ids = { environment: { id: environment }, view: view === undefined ? null : { id: view } };
  return deepLink(eventOf(thresholdBody(ids)), CONSOLE);
}

describe('the deep link', () => {
  test('leads to the metrics of the view', () => {
    expect(deepLink(eventOf(sample('view-threshold')), CONSOLE)).toBe(
      'https://app.glasnostic.com/environments/YegltGN8vgAK8THi/views/4/metrics',
    );
  });

  test('leads to the environment when there is no view', () => {
    expect(deepLink(eventOf(sample('segmentation')), CONSOLE)).toBe(
      'https://app.glasnostic.com/environments/YegltGN8vgAK8THi',
    );
  });

  test('begins with the console URL of the stage', () => {
    expect(deepLink(eventOf(sample('segmentation')), 'https://console.test/x')).toBe(
      'https://console.test/x/environments/YegltGN8vgAK8THi',
    );
  });

  test.each<[string, unknown, string]>([
    ['a number', 4, '4'],
    ['a slash', 'a/b', 'a%2Fb'],
    ['a query and a fragment', 'a?b#c', 'a%3Fb%23c'],
    ['a blank', 'a b', 'a%20b'],
    ['what was already encoded', '%2e%2e', '%252e%252e'],
    ['other scripts', 'ü', '%C3%BC'],
    ['an emoji', '😀', '%F0%9F%98%80'],
    ['half a surrogate pair', 'a\uD83D', 'a%EF%BF%BD'],
    ['three dots, which are no step', '...', '...'],
  ])('keeps %s within one step of the path', (_, id, segment) => {
    expect(link(id, id)).toBe(`${CONSOLE}/environments/${segment}/views/${segment}/metrics`);
  });

  test.each([
    ['a step up', '..'],
    ['no step', '.'],
    ['longer than an address can be', 'x'.repeat(2048)],
  ])('is the console itself for an ID that is %s', (_, id) => {
    expect(link(id)).toBe(CONSOLE);
    expect(link('1', id)).toBe(CONSOLE);
    expect(link(id, '1')).toBe(CONSOLE);
  });

  test('is, for a browser, the console or the page of exactly these IDs', () => {
    const id = fc
      .oneof(
        anyTextOf({ minLength: 1 }),
        fc.string({
          unit: fc.constantFrom('.', '/', '%', '2', 'e', '\\', ' ', '@', ':'),
          minLength: 1,
        }),
      )
      // As IDs are parsed.
      .map((text) => text.trim().normalize('NFC'))
      .filter((text) => text !== '');
    fc.assert(
      fc.property(id, id, (environment, view) => {
        const href = link(environment, view);
        const url = new URL(href);
        expect(url.origin).toBe(CONSOLE);
        if (href === CONSOLE) return;
        expect(url.pathname.split('/').map(decodeURIComponent)).toEqual([
          '',
          'environments',
          environment,
          'views',
          view,
          'metrics',
        ]);
        expect(url.search + url.hash).toBe('');
      }),
      RUNS,
    );
  });
});

describe('the runbook', () => {
  const TEMPLATE =
    'https://wiki.example/{environment}/{view}?metric={metric}&again={view}#{metric}';

  test('has the values of the event', () => {
    expect(runbookUrl(eventOf(sample('view-threshold')), TEMPLATE)).toBe(
      'https://wiki.example/YegltGN8vgAK8THi/4?metric=requests&again=4#requests',
    );
  });

  test('leaves empty what the event does not have', () => {
    expect(runbookUrl(eventOf(sample('segmentation')), TEMPLATE)).toBe(
      'https://wiki.example/YegltGN8vgAK8THi/?metric=&again=#',
    );
  });

  test('is used as it is without placeholders', () => {
    const url = 'https://wiki.example/on-call';
    expect(runbookUrl(eventOf(sample('segmentation')), url)).toBe(url);
  });

  test('is left out when it would be too long', () => {
    const event = eventOf(thresholdBody({ view: { id: 'x'.repeat(2048) } }));
    expect(runbookUrl(event, TEMPLATE)).toBeUndefined();
  });

  test('leads to the host and path of the route, whatever the event contains', () => {
    const id = fc.oneof(
      fc.constantFrom('..', '.', '/../x', '@evil.example', '%2e%2e'),
      fc.string().filter((text) => text.trim() !== ''),
    );
    fc.assert(
      fc.property(id, (view) => {
        const event = eventOf(thresholdBody({ view: { id: view } }));
        const url = runbookUrl(event, 'https://wiki.example/runbooks/{view}/metrics');
        const { host, pathname } = new URL(url ?? '');
        expect(host).toBe('wiki.example');
        expect(pathname).toMatch(/^\/runbooks\/[^/]*\/metrics$/);
      }),
      RUNS,
    );
  });
});
