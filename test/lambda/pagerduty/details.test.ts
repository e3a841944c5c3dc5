import { describe, expect, test } from '@jest/globals';

import { cutDetails, type DetailContext, detailsOf } from '../../../lambda/pagerduty/details.ts';
import { parseJson } from '../../../lambda/shared/json.ts';
import { eventOf, sample, thresholdBody } from '../../support/glasnostic.ts';

const RECEIVED = '2022-04-03T17:52:25.000Z';
const AT_ONCE: DetailContext = {
  receivedAt: RECEIVED,
  now: Date.parse(RECEIVED) + 1_000,
  severity: 'warning',
  ownSeverity: 'warning',
};

/** The details of what Glasnostic sends when a threshold is exceeded, with changes. */
function details(changes: Parameters<typeof thresholdBody>[0], context = AT_ONCE) {
  return detailsOf(eventOf(thresholdBody(changes)), context);
}

describe('the details show', () => {
  test('all of a threshold event', () => {
    expect(details({})).toEqual({
      environment: { id: 'YegltGN8vgAK8THi', name: 'Online Boutique' },
      view: { id: '4', name: 'Recommendation-Frontend' },
      domain: 'VIEWS',
      metric: 'requests',
      value: 42,
      threshold: 30,
      unit: 'r/s',
      over_by: '12 r/s (40 %)',
      webhook_id: '1',
      received_at: RECEIVED,
    });
  });

  test('the limit of a limit event as a limit', () => {
    const all = detailsOf(eventOf(sample('view-limit')), AT_ONCE);
    expect(all).toMatchObject({ metric: 'concurrency', value: 12, limit: 12 });
    expect(all).not.toHaveProperty('threshold');
  });

  test('both ends of a denied connection', () => {
    expect(detailsOf(eventOf(sample('segmentation')), AT_ONCE)).toEqual({
      environment: { id: 'YegltGN8vgAK8THi', name: 'Online Boutique' },
      domain: 'SEGMENTATION',
      webhook_id: '3',
      received_at: RECEIVED,
      source: 'adservice',
      destination: 'cartservice',
    });
  });
});

describe('the difference to the threshold', () => {
  test.each<[string, object, string | undefined]>([
    ['in the unit, and in percent', { value: 42, threshold: 30, unit: 'r/s' }, '12 r/s (40 %)'],
    ['without a unit', { value: 42, threshold: 30 }, '12 (40 %)'],
    ['without the tail of binary fractions', { value: 0.3, threshold: 0.1 }, '0.2 (200 %)'],
    ['in whole percent', { value: 31, threshold: 30 }, '1 (3 %)'],
    ['over zero, of which there is no percentage', { value: 5, threshold: 0 }, '5'],
    ['over a negative threshold', { value: 5, threshold: -5 }, '10'],
    ['not when it is below: the preview sends 0', { value: 0, threshold: 30 }, undefined],
    ['not at the threshold', { value: 30, threshold: 30 }, undefined],
    ['not without a value', { threshold: 30 }, undefined],
    ['not without a threshold', { value: 30 }, undefined],
  ])('%s', (_, content, expected) => {
    expect(details({ content })['over_by']).toBe(expected);
  });
});

describe('a late page shows its delay', () => {
  test.each<[number, string | undefined]>([
    [0, undefined],
    [300_000, undefined],
    [300_001, '5 min'],
    [5_000_000, '1 h 23 min'],
    [-60_000, undefined],
  ])('after %d ms: %s', (waited, expected) => {
    const context = { ...AT_ONCE, now: Date.parse(RECEIVED) + waited };
    expect(details({}, context)['delayed_by']).toBe(expected);
  });
});

describe('deduplicated events are shown', () => {
  const [first, last] = [Date.parse(RECEIVED) - 9_000, Date.parse(RECEIVED)];

  test('with their count and period', () => {
    expect(
      details({}, { ...AT_ONCE, deduplicated: { count: 3, first, last } })['deduplicated'],
    ).toEqual({
      count: 3,
      first: '2022-04-03T17:52:16.000Z',
      last: RECEIVED,
    });
  });

  test('but not for a single event', () => {
    const context = { ...AT_ONCE, deduplicated: { count: 1, first: last, last } };
    expect(details({}, context)).not.toHaveProperty('deduplicated');
  });
});

describe('the severity of the event', () => {
  test.each([
    { severity: 'critical', ownSeverity: 'warning', shown: 'warning' },
    { severity: 'critical', ownSeverity: 'critical', shown: undefined },
  ] as const)('$ownSeverity in a $severity incident: $shown', ({ shown, ...severities }) => {
    expect(details({}, { ...AT_ONCE, ...severities })['event_severity']).toBe(shown);
  });

  test('leaves the name to it when the event has such a field', () => {
    const content = { severity: 'x', event_severity: 'y' };
    const context: DetailContext = { ...AT_ONCE, severity: 'critical' };
    expect(details({ content }, context)).toMatchObject({
      event_severity: 'warning',
      severity: 'x',
      event_event_severity: 'y',
    });
  });
});

describe('a time that cannot be read is shown as it was sent', () => {
  test.each<[unknown]>([['yesterday'], ['2022-04-03T17:52:24'], [-1], [{ at: 5 }], [''], [false]])(
    '%j',
    (time) => {
      expect(details({ time })['event_time']).toEqual(time);
    },
  );

  test('but not a time that can be read', () => {
    expect(details({ time: '2022-04-03T7:52:24Z' })).not.toHaveProperty('event_time');
  });
});

describe('unknown fields', () => {
  test('of the content are shown under their names', () => {
    const content = { metric: 'requests', value: 1, window: '5m', tags: ['a', { b: null }] };
    expect(details({ content })).toMatchObject({ window: '5m', tags: ['a', { b: null }] });
  });

  test('of the rest of the event are shown with their path', () => {
    const environment = { id: '1', region: 'eu' };
    const view = { id: '4', owner: 'shop' };
    expect(details({ environment, view, more: { tenant: 7 } })).toMatchObject({
      'environment.region': 'eu',
      'event.view.owner': 'shop',
      tenant: 7,
    });
  });

  test('that have a known name and a wrong type are shown as they were sent', () => {
    const content = { metric: { name: 'requests' }, value: '42 r/s', threshold: 30 };
    expect(details({ content })).toMatchObject({
      metric: { name: 'requests' },
      value: '42 r/s',
      threshold: 30,
    });
  });

  test('of whole numbers beyond 2^53 keep every digit', () => {
    const text = JSON.stringify(thresholdBody({ content: { metric: 'requests', id: 1 } }))
      .replace(
        '"id":1}',
        '"id":90071992547409931,"list":[-12345678901234567890,"x 9007199254740993"]}',
      )
      .replace('"type"', '"tenant":18446744073709551615,"type"');
    const all = detailsOf(eventOf(Object(parseJson(text))), AT_ONCE);
    expect(all).toMatchObject({
      id: '90071992547409931',
      list: ['-12345678901234567890', 'x 9007199254740993'],
      tenant: '18446744073709551615',
    });
  });

  test.each<[string, object, object]>([
    ['is shown once', { value: '42', threshold: '30' }, { value: 42, threshold: 30 }],
    [
      'is shown with its digits when a number does not keep them',
      { value: '9007199254740993' },
      { value: 9_007_199_254_740_992, event_value: '9007199254740993' },
    ],
  ])('a number that was sent as text %s', (_, content, expected) => {
    const shown = Object.entries(details({ content })).filter(([name]) =>
      /value|thresh/.test(name),
    );
    expect(Object.fromEntries(shown)).toEqual(expected);
  });

  test('never replace a known field or each other', () => {
    const content = { environment: 'x', view: 'y', event_view: 'z', value: 1, received_at: 'r' };
    expect(details({ content, more: { value: 2, event_value: 3 } })).toMatchObject({
      environment: { id: 'YegltGN8vgAK8THi' },
      view: { id: '4' },
      value: 1,
      received_at: RECEIVED,
      event_environment: 'x',
      event_view: 'y',
      event_event_view: 'z',
      event_received_at: 'r',
      event_value: 2,
      event_event_value: 3,
    });
  });

  test('can have names like properties of every object', () => {
    const text = '{"__proto__":{"polluted":true},"constructor":1,"hasOwnProperty":2}';
    const all = details({ content: JSON.parse(text) });
    expect(JSON.stringify(all)).toContain(
      '"__proto__":{"polluted":true},"constructor":1,"hasOwnProperty":2',
    );
    expect(Object.getPrototypeOf(all)).toBe(Object.prototype);
    expect({}).not.toHaveProperty('polluted');
  });

  test('are cut where they are nested too deeply', () => {
    const deep: unknown = JSON.parse(`${'{"a":['.repeat(50_000)}1${']}'.repeat(50_000)}`);
    const json = JSON.stringify(details({ content: { deep } }));
    expect(json).toContain('nested deeper than 20 levels');
    expect(json.length).toBeLessThan(1_000);
  });

  test('with a lone surrogate become well-formed text', () => {
    const content = { 'na\uD83Dme': ['va\uDE00lue'], metric: 'me\uD83D' };
    const all = details({ content, view: { id: 'i\uD83D', name: 'n\uD83D' }, time: 't\uD83D' });
    expect(all).toMatchObject({
      'na\uFFFDme': ['va\uFFFDlue'],
      metric: 'me\uFFFD',
      view: { id: 'i\uFFFD', name: 'n\uFFFD' },
      event_time: 't\uFFFD',
    });
  });
});

describe('details that are too large', () => {
  test('are unchanged up to the last byte of the limit', () => {
    const all = { a: 'x'.repeat(100), b: { c: 1 } };
    expect(cutDetails(all, Buffer.byteLength(JSON.stringify(all)) + 1)).toBe(all);
  });

  test('lose the largest fields first, and show how many', () => {
    const all = { small: 1, huge: 'x'.repeat(10_000), large: 'é'.repeat(2_000), other: 'y' };
    expect(cutDetails(all, 5_000)).toEqual({
      small: 1,
      large: 'é'.repeat(2_000),
      other: 'y',
      cut: '1 field left out: PagerDuty takes 512,000 bytes.',
    });
    expect(cutDetails(all, 200)).toEqual({
      small: 1,
      other: 'y',
      cut: '2 fields left out: PagerDuty takes 512,000 bytes.',
    });
  });

  test('fit afterwards, for any limit', () => {
    const all = Object.fromEntries(
      Array.from({ length: 300 }, (_, i) => [`f${i}`, '\n😀'.repeat(i % 17)]),
    );
    for (let most = 100; most < 10_000; most += 197) {
      expect(Buffer.byteLength(JSON.stringify(cutDetails(all, most)))).toBeLessThanOrEqual(most);
    }
  });

  test('keep a field of the event that has the name `cut`', () => {
    expect(details({ content: { cut: 'off' } })).toMatchObject({ event_cut: 'off' });
  });
});
