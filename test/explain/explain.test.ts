import { describe, expect, test } from '@jest/globals';
import { defineStage } from '../../config/define-stage.ts';
import { explainEvent } from '../../explain/explain.ts';
import { eventOf, type EventFields } from '../../explain/sample.ts';
import { explanationText } from '../../explain/text.ts';
import { sample } from '../support/glasnostic.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const ID = 'YegltGN8vgAK8THi';

const stage = defineStage({
  name: 'shop',
  severity: {
    default: 'warning',
    over: [
      { ratio: 1.5, severity: 'error' },
      { ratio: 2, severity: 'critical', ownIncident: true },
    ],
  },
  routes: [
    {
      environment: ID,
      view: ['4', '5'],
      service: 'search',
      runbook: 'https://wiki.example/{view}',
      resolveAfterMinutes: 45,
      details: { team: 'Search' },
    },
    { environment: ID, metric: 'latency', service: 'platform', severity: 'info' },
    { environment: ID, domain: 'SEGMENTATION', ignore: true },
    { environment: [ID, 'other'], service: 'platform' },
  ],
});

async function text(fields: EventFields | string): Promise<string> {
  const body = typeof fields === 'string' ? fields : JSON.stringify(eventOf(fields, NOW));
  return explanationText(await explainEvent(stage, body, NOW));
}

/** An event of view 4 with a value over a threshold of 30. */
const view4 = (value: number | undefined): EventFields => ({
  environment: ID,
  view: '4',
  metric: 'requests',
  value,
  threshold: 30,
});

describe('an explanation', () => {
  test('of an event as Glasnostic sent it has everything that becomes of it', async () => {
    const event = { ...sample('view-threshold') };
    expect(await text(JSON.stringify(event))).toBe(
      [
        `Event      view 4 of ${ID} (requests), value 0, threshold 30`,
        'Answer     202 accepted',
        `Route      routes[0] (views 4, 5 of ${ID} → search)`,
        `Hides      routes[3] (environments ${ID}, other → platform)`,
        'Service    search',
        'Severity   warning, below the first step at 1.5: the ratio is 0',
        `Dedup key  glasnostic:${ID}:4:requests`,
        'Resolved   after 45 min without an event',
        'Summary    Recommendation-Frontend: requests 0 r/s exceeded threshold 30 r/s',
        'Link       Runbook: https://wiki.example/4',
        `Link       Recommendation-Frontend: https://app.glasnostic.com/environments/${ID}/views/4/metrics`,
        'Detail     team: Search',
      ].join('\n'),
    );
  });

  test.each<[string, EventFields, readonly string[]]>([
    [
      'an event at a step',
      view4(45),
      [
        'Severity   error, from the step at 1.5: the ratio is 1.5',
        `Dedup key  glasnostic:${ID}:4:requests\n`,
      ],
    ],
    [
      'an event at a step with its own incident',
      view4(60),
      [
        'Severity   critical, from the step at 2',
        `Dedup key  glasnostic:${ID}:4:requests:critical`,
      ],
    ],
    [
      'an event without a value',
      view4(undefined),
      ['Severity   warning, the default of the steps: no ratio of value to threshold'],
    ],
    [
      'an event that several routes match',
      { ...view4(42), metric: 'latency' },
      ['Route      routes[0]', 'Hides      routes[1]', 'Hides      routes[3]'],
    ],
    [
      'an event of a fixed severity',
      { environment: ID, view: '9', metric: 'latency' },
      ['Route      routes[1]', 'Severity   info, fixed', 'Resolved   not by the bridge'],
    ],
    [
      'an event of a view without an ID',
      { environment: ID, viewName: 'Cart', metric: 'requests' },
      [`Event      view "Cart" of ${ID} (requests)`, 'Route      routes[3]', 'Summary    Cart: '],
    ],
    [
      'an event that is ignored',
      { environment: ID, domain: 'SEGMENTATION' },
      [
        'Answer     200 ignored: The matching route ignores this event.',
        'Route      routes[2] (SEGMENTATION of',
      ],
    ],
    [
      'an event without a route',
      { environment: 'test', view: '1' },
      ['Answer     404 no route: No route takes events of environment "test" and view "1".'],
    ],
  ])('of %s', async (_, fields, parts) => {
    const explained = await text(fields);
    for (const part of parts) expect(explained).toContain(part);
  });

  test.each<[string, string, string]>([
    ['no JSON', '{', '400: The body is not JSON.'],
    [
      'no event',
      '{"type":"EVENT"}',
      '422: The body is JSON, but not a Glasnostic event. environment is missing',
    ],
    ['another type', '{"type":"PING"}', '200 ignored: The type is "PING", not "EVENT".'],
  ])('of what is %s has only the answer', async (_, body, answer) => {
    expect(await text(body)).toBe(`Event      cannot be read\nAnswer     ${answer}`);
  });

  test('of an event without a service says nothing of delivery', async () => {
    const explained = await text({ environment: ID, domain: 'SEGMENTATION' });
    expect(explained).not.toContain('Service');
    expect(explained).not.toContain('Dedup key');
  });
});
