import { describe, expect, test } from '@jest/globals';

import { dedupKey } from '../../../lambda/pagerduty/dedup-key.ts';
import { summaryOf } from '../../../lambda/pagerduty/summary.ts';
import { translate, type TranslationContext } from '../../../lambda/pagerduty/translate.ts';
import { eventOf, sample, thresholdBody } from '../../support/glasnostic.ts';
import { pagerDutyProblems } from '../../support/pagerduty-rules.ts';

const CONTEXT: TranslationContext = {
  integrationKey: '0123456789abcdef0123456789ABCDEF',
  dedupKey: 'glasnostic:YegltGN8vgAK8THi:4:requests',
  severity: 'error',
  ownSeverity: 'error',
  consoleUrl: 'https://app.glasnostic.com',
  receivedAt: '2022-04-03T17:52:25.000Z',
  now: Date.parse('2022-04-03T17:52:26Z'),
};

test('a threshold event becomes a PagerDuty event, field by field', () => {
  expect(translate(eventOf(thresholdBody()), CONTEXT)).toEqual({
    routing_key: '0123456789abcdef0123456789ABCDEF',
    event_action: 'trigger',
    dedup_key: 'glasnostic:YegltGN8vgAK8THi:4:requests',
    payload: {
      summary: 'Recommendation-Frontend: requests 42 r/s exceeded threshold 30 r/s',
      source: 'Recommendation-Frontend',
      severity: 'error',
      timestamp: '2022-04-03T17:52:24.000Z',
      component: 'requests',
      group: 'Online Boutique',
      class: 'threshold-exceeded',
      custom_details: {
        environment: { id: 'YegltGN8vgAK8THi', name: 'Online Boutique' },
        view: { id: '4', name: 'Recommendation-Frontend' },
        domain: 'VIEWS',
        metric: 'requests',
        value: 42,
        threshold: 30,
        unit: 'r/s',
        over_by: '12 r/s (40 %)',
        webhook_id: '1',
        received_at: '2022-04-03T17:52:25.000Z',
      },
    },
    links: [
      {
        href: 'https://app.glasnostic.com/environments/YegltGN8vgAK8THi/views/4/metrics',
        text: 'Recommendation-Frontend',
      },
    ],
    client: 'Glasnostic',
    client_url: 'https://app.glasnostic.com/environments/YegltGN8vgAK8THi/views/4/metrics',
  });
});

test('what the route sets comes first: its runbook among the links, its details', () => {
  const alert = translate(eventOf(thresholdBody()), {
    ...CONTEXT,
    dedupKey: 'glasnostic:YegltGN8vgAK8THi:4:requests:critical',
    runbook: 'https://wiki.example/{view}',
    fixed: { team: 'Search' },
  });
  expect(alert.dedup_key).toBe('glasnostic:YegltGN8vgAK8THi:4:requests:critical');
  expect(alert.links).toEqual([
    { href: 'https://wiki.example/4', text: 'Runbook' },
    expect.objectContaining({ text: 'Recommendation-Frontend' }),
  ]);
  expect(Object.keys(alert.payload.custom_details)[0]).toBe('team');
  expect(pagerDutyProblems(JSON.stringify(alert))).toEqual([]);
});

describe('the class is the kind of the event', () => {
  test.each([
    ['view-threshold', 'threshold-exceeded'],
    ['view-limit', 'limit-reached'],
    ['segmentation', 'segmentation-denied'],
  ])('%s: %s', (name, expected) => {
    expect(translate(eventOf(sample(name)), CONTEXT).payload.class).toBe(expected);
  });
});

describe('a field without a value is left out', () => {
  test('the timestamp when the time cannot be read; the details then show it as sent', () => {
    const { payload } = translate(eventOf(thresholdBody({ time: 'yesterday' })), CONTEXT);
    expect(payload).not.toHaveProperty('timestamp');
    expect(payload.custom_details).toMatchObject({ event_time: 'yesterday' });
  });

  test('the component when there is no metric', () => {
    expect(translate(eventOf(sample('segmentation')), CONTEXT).payload).not.toHaveProperty(
      'component',
    );
  });

  test('but the group is the ID of an environment without a name', () => {
    const event = eventOf(thresholdBody({ environment: { id: 'e1' } }));
    expect(translate(event, CONTEXT).payload.group).toBe('e1');
  });
});

test('an unpadded hour, which PagerDuty refuses, is padded', () => {
  const event = eventOf(thresholdBody({ time: '2022-04-03T7:52:24Z' }));
  expect(translate(event, CONTEXT).payload.timestamp).toBe('2022-04-03T07:52:24.000Z');
});

describe('an event of any size becomes one that PagerDuty accepts, with a complete alert', () => {
  const big = 'x'.repeat(250_000);
  const numbers = Array.from({ length: 50_000 }, () => 1e20);
  test.each<[string, Parameters<typeof thresholdBody>[0]]>([
    ['large content', { content: { metric: 'requests', a: big, b: big, c: big } }],
    ['numbers that grow when they are written out', { content: { metric: 'requests', numbers } }],
    ['large content that is no object', { content: numbers }],
    ['large unknown fields', { more: { a: big, b: big, c: [big] } }],
    ['large names', { view: { id: '4', name: big }, environment: { id: 'e', name: big } }],
    ['large IDs', { view: { id: big }, environment: { id: big } }],
    ['a large metric and unit', { content: { metric: big, unit: big, value: 1, threshold: 0 } }],
    ['a large time', { time: big }],
    [
      'what JSON escapes',
      { content: { metric: '\u0001'.repeat(90_000), a: '"\\'.repeat(90_000) } },
    ],
    [
      'many small fields',
      { content: Object.fromEntries(numbers.slice(0, 30_000).map((_, i) => [`field_${i}`, i])) },
    ],
  ])('%s', (_, changes) => {
    const event = eventOf(thresholdBody(changes));
    const alert = translate(event, { ...CONTEXT, dedupKey: dedupKey(event) });
    expect(pagerDutyProblems(JSON.stringify(alert))).toEqual([]);
    expect(alert.payload.summary).toBe(summaryOf(event));
    expect(alert.links).toHaveLength(1);
  });

  test('and the details are cut only when necessary', () => {
    const fits = translate(eventOf(thresholdBody({ content: { a: big } })), CONTEXT);
    expect(fits.payload.custom_details).toHaveProperty('a', big);
    const over = translate(
      eventOf(thresholdBody({ content: { a: big, b: big, c: big, d: 1 } })),
      CONTEXT,
    );
    expect(Object.keys(over.payload.custom_details)).toEqual(
      expect.arrayContaining(['environment', 'view', 'b', 'c', 'd', 'cut']),
    );
  });
});

test('a severity of its own that is lower stands in the details', () => {
  const context: TranslationContext = { ...CONTEXT, severity: 'critical', ownSeverity: 'info' };
  const { payload } = translate(eventOf(thresholdBody()), context);
  expect(payload.severity).toBe('critical');
  expect(payload.custom_details).toMatchObject({ event_severity: 'info' });
});
