import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { subjectOf, summaryOf } from '../../../lambda/pagerduty/summary.ts';
import { anyText, anyTextOf } from '../../support/any-text.ts';
import { eventOf, sample, thresholdBody } from '../../support/glasnostic.ts';
import { RUNS } from '../../support/runs.ts';

const ENVIRONMENT = { id: 'e1', name: 'Online Boutique' };

/** The summary of an event of another kind than a threshold's. */
function summaryWith(event: object, webhook: object = {}): string {
  return summaryOf(eventOf({ type: 'EVENT', environment: ENVIRONMENT, webhook, event }));
}

/** The summary of an event about a view of this name. */
function summaryNamed(name: string): string {
  return summaryOf(eventOf(thresholdBody({ view: { id: '4', name } })));
}

describe('the summary has the subject, the metric and the values', () => {
  test('of a threshold', () => {
    expect(summaryOf(eventOf(thresholdBody()))).toBe(
      'Recommendation-Frontend: requests 42 r/s exceeded threshold 30 r/s',
    );
  });

  test('of an average, with six digits', () => {
    const event = eventOf(thresholdBody({ content: { metric: 'latency', value: 127 / 3 } }));
    expect(summaryOf(event)).toContain('latency 42.3333 exceeded');
  });

  test.each([
    ['view-threshold', 'Recommendation-Frontend: requests 0 r/s exceeded threshold 30 r/s'],
    ['view-limit', 'Checkout-Payment: concurrency 12 reached limit 12'],
    ['segmentation', 'Online Boutique: connection from adservice to cartservice denied'],
  ])('of the sample %s', (name, summary) => {
    expect(summaryOf(eventOf(sample(name)))).toBe(summary);
  });

  test.each<[string, object, object, string]>([
    [
      'a threshold without a unit',
      { domain: 'VIEWS', content: { metric: 'latency', value: 1.5, threshold: 1 } },
      {},
      'Online Boutique: latency 1.5 exceeded threshold 1',
    ],
    [
      'a threshold without a value',
      { domain: 'VIEWS', content: { metric: 'latency', threshold: 1, unit: 's' } },
      {},
      'Online Boutique: latency exceeded threshold 1 s',
    ],
    [
      'a threshold that says nothing',
      { domain: 'VIEWS' },
      {},
      'Online Boutique: metric exceeded its threshold',
    ],
    [
      'a limit that says nothing',
      {},
      { eventType: 'LIMIT' },
      'Online Boutique: metric reached its limit',
    ],
    [
      'a limit with its value only',
      { content: { metric: 'requests', value: 7, unit: 'r/s' } },
      { eventType: 'LIMIT' },
      'Online Boutique: requests 7 r/s reached its limit',
    ],
    [
      'a denied connection whose ends are unknown',
      { domain: 'SEGMENTATION', content: { source: 'adservice' } },
      {},
      'Online Boutique: connection denied',
    ],
    [
      'a denied connection whose ends are not text',
      { domain: 'SEGMENTATION', content: { source: {}, destination: [] } },
      {},
      'Online Boutique: connection denied',
    ],
    [
      'another domain',
      { domain: 'BILLING' },
      {},
      'Online Boutique: Glasnostic event of domain BILLING',
    ],
    [
      'another domain with a metric',
      { domain: 'BILLING', content: { metric: 'requests', value: 42, unit: 'r/s' } },
      {},
      'Online Boutique: Glasnostic event of domain BILLING, requests 42 r/s',
    ],
    ['nothing at all', {}, {}, 'Online Boutique: Glasnostic event'],
  ])('of %s', (_, event, webhook, summary) => {
    expect(summaryWith(event, webhook)).toBe(summary);
  });
});

describe('the subject, which is also the source, is never blank', () => {
  test.each<[string, unknown, unknown, string]>([
    ['the name of the view', { id: '4', name: 'Shop' }, { id: 'e', name: 'Prod' }, 'Shop'],
    ['without it, the name of the environment', { id: '4' }, { id: 'e', name: 'Prod' }, 'Prod'],
    ['without that, the ID of the environment', { id: '4' }, { id: 'e' }, 'e'],
    ['a blank name is none', { id: '4', name: ' ' }, { id: 'e', name: '\t\n' }, 'e'],
    [
      'a name of control characters counts as none',
      { id: '4', name: '\0\u0007' },
      { id: 'e' },
      'e',
    ],
    ['nor is one of invisible ones', { id: '4', name: '\u200B\u2060' }, { id: 'e' }, 'e'],
    ['nor is one that is not text', { id: '4', name: 5 }, { id: 'e', name: [] }, 'e'],
    ['an ID that shows nothing', undefined, { id: '\u200B' }, 'Glasnostic'],
  ])('%s', (_, view, environment, subject) => {
    expect(subjectOf(eventOf(thresholdBody({ view, environment })))).toBe(subject);
  });
});

describe('the summary is one line', () => {
  test.each<[string, string, string]>([
    ['line breaks', 'a\r\nb', 'a b'],
    ['tabs', 'a\tb', 'a b'],
    ['several of them in a row', 'a\n\n\t\0b', 'a b'],
    ['NUL and escape', 'a\0b\u001Bc', 'a b c'],
    ['the control characters above ASCII', 'a\u0085b\u009Fc', 'a b c'],
    ['separators of lines and paragraphs', 'a\u2028b\u2029c', 'a b c'],
    ['half a surrogate pair', 'a\uD83Db\uDE00c', 'a b c'],
    ['at both ends', '\n a \n', 'a'],
  ])('%s become spaces', (_, name, line) => {
    expect(summaryNamed(name)).toBe(`${line}: requests 42 r/s exceeded threshold 30 r/s`);
  });

  test.each<[string, string, string]>([
    ['an override', 'a\u202Eb\u202Cc', 'abc'],
    ['embeddings', '\u202Aa\u202Bb\u202Dc', 'abc'],
    ['isolates', '\u2066a\u2067b\u2068c\u2069', 'abc'],
    ['marks', '\u200Ea\u200Fb\u061Cc', 'abc'],
  ])('bidirectional control characters are removed: %s', (_, name, line) => {
    expect(summaryNamed(name)).toBe(`${line}: requests 42 r/s exceeded threshold 30 r/s`);
  });

  test.each(['日本語のビュー', 'Ünïcödé', '👩‍👩‍👧‍👦 family', 'مرحبا'])('%s stays as it is', (name) => {
    expect(summaryNamed(name)).toBe(`${name}: requests 42 r/s exceeded threshold 30 r/s`);
  });
});

describe('the summary has at most 1024 characters, counted as UTF-16 units', () => {
  const rest = ': requests 42 r/s exceeded threshold 30 r/s';

  test('1024 are kept', () => {
    const name = 'v'.repeat(1024 - rest.length);
    expect(summaryNamed(name)).toBe(name + rest);
  });

  test('of 1025, an ellipsis replaces the last two', () => {
    const name = 'v'.repeat(1025 - rest.length);
    expect(summaryNamed(name)).toBe(`${(name + rest).slice(0, 1023)}…`);
  });

  test('an emoji counts as two, as in UTF-16', () => {
    const name = `${'v'.repeat((1024 - rest.length) % 2)}${'😀'.repeat((1024 - rest.length) / 2)}`;
    expect(summaryNamed(name)).toBe(name + rest);
  });

  test('an emoji at the cut is kept whole or dropped', () => {
    expect(summaryNamed('😀'.repeat(2000))).toBe(`${'😀'.repeat(511)}…`);
    expect(summaryNamed(`x${'😀'.repeat(2000)}`)).toBe(`x${'😀'.repeat(511)}…`);
  });
});

test('the summary is one visible, well-formed line of at most 1024 characters, for any names', () => {
  const name = fc.oneof(
    anyText,
    fc.string({
      unit: fc.constantFrom('\uD83D', '\uDE00', '😀', '\n', 'a', '\u2028', '\u200B', '\u202E'),
    }),
    anyTextOf({ minLength: 1 }).map((text) => text.repeat(300)),
  );
  fc.assert(
    fc.property(name, name, name, (view, environment, metric) => {
      const event = eventOf(
        thresholdBody({
          view: { id: '4', name: view },
          environment: { id: 'e', name: environment },
          content: { metric },
        }),
      );
      const summary = summaryOf(event);
      expect(summary).not.toMatch(/[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]/u);
      expect(summary.length).toBeLessThanOrEqual(1024);
      expect(subjectOf(event)).toMatch(/[^\p{White_Space}\p{Cc}\p{Cf}\p{Cs}]/u);
    }),
    RUNS,
  );
});
