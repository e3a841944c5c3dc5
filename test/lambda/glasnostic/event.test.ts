import { describe, expect, test } from '@jest/globals';

import { parseEvent } from '../../../lambda/glasnostic/event.ts';
import { parseJson } from '../../../lambda/shared/json.ts';
import { eventOf, sample, sampleText, thresholdBody } from '../../support/glasnostic.ts';

/** The errors of a body that must be refused, as `path message`. */
function errorsOf(body: Parameters<typeof parseEvent>[0]): string[] {
  const parsed = parseEvent(body);
  return parsed.outcome === 'invalid'
    ? parsed.errors.map(({ path, message }) => `${path} ${message}`)
    : [`not refused: ${parsed.outcome}`];
}

describe('the samples of Glasnostic', () => {
  test('a threshold event', () => {
    expect(eventOf(sample('view-threshold'))).toEqual({
      kind: 'threshold-exceeded',
      environment: { id: 'YegltGN8vgAK8THi', name: 'Online Boutique' },
      view: { id: '4', name: 'Recommendation-Frontend' },
      domain: 'VIEWS',
      metric: 'requests',
      value: 0,
      threshold: 30,
      unit: 'r/s',
      time: '2022-04-03T17:52:24Z',
      webhookId: '1',
      content: { metric: 'requests', threshold: 30, unit: 'r/s', value: 0 },
      unmapped: [],
    });
  });

  test('a limit event', () => {
    expect(eventOf(sample('view-limit'))).toMatchObject({
      kind: 'limit-reached',
      view: { id: '7', name: 'Checkout-Payment' },
      metric: 'concurrency',
      value: 12,
      threshold: 12,
    });
  });

  test('a denied connection, which has no view', () => {
    const event = eventOf(sample('segmentation'));
    expect(event).toMatchObject({
      kind: 'segmentation-denied',
      domain: 'SEGMENTATION',
      content: { source: 'adservice', destination: 'cartservice' },
    });
    expect(event.view).toBeUndefined();
    expect(event.metric).toBeUndefined();
  });
});

describe('an ID', () => {
  test.each<[string, unknown, string]>([
    ['is text', 'YegltGN8vgAK8THi', 'YegltGN8vgAK8THi'],
    ['may be a number, which is the same as its text', 4, '4'],
    ['may be zero', 0, '0'],
    ['may be negative', -7, '-7'],
    ['may be the largest number that keeps its digits', 9007199254740991, '9007199254740991'],
    ['keeps its leading zeros', '007', '007'],
    ['may have the name of a property of every object', '__proto__', '__proto__'],
    ['has no white space around it', ' \t4\u00A0\n', '4'],
    ['is in the form NFC, whatever it was sent in', 'cafe\u0301', 'caf\u00E9'],
  ])('%s', (_, id, text) => {
    const event = eventOf(thresholdBody({ environment: { id }, view: { id }, webhook: { id } }));
    expect([event.environment.id, event.view?.id, event.webhookId]).toEqual([text, text, text]);
  });

  test.each<[string, unknown, string]>([
    ['empty', '', 'must not be blank'],
    ['blank', ' \t\n ', 'must not be blank'],
    ['a fraction', 1.5, 'must be a string, or a whole number below 2^53'],
    ['a number that lost its digits', 2 ** 53, 'must be a string, or a whole number below 2^53'],
    ['a number beyond all', Infinity, 'must be a string, or a whole number below 2^53'],
    ['true', true, 'must be a string, or a whole number below 2^53'],
    ['an object', {}, 'must be a string, or a whole number below 2^53'],
    ['an array', ['4'], 'must be a string, or a whole number below 2^53'],
  ])('of the environment is refused when it is %s', (_, id, message) => {
    expect(errorsOf(thresholdBody({ environment: { id } }))).toEqual([`environment.id ${message}`]);
  });

  test('of a number that is too large for a double keeps every digit', () => {
    const text = sampleText('view-threshold').replace('"4", "name"', '90071992547409931, "name"');
    const body = parseJson(text);
    expect(eventOf(Object(body)).view?.id).toBe('90071992547409931');
  });

  test('of 120,000 combining characters is read at once', () => {
    const id = `a${'\u0301'.repeat(60_000)}${'\u0316'.repeat(60_000)}`;
    const begin = performance.now();
    expect(eventOf(thresholdBody({ environment: { id } })).environment.id).toBe(id);
    // To normalise it takes ten seconds.
    expect(performance.now() - begin).toBeLessThan(1_000);
  });

  test('that routing does not need is shown as it was sent when it is unusable', () => {
    const event = eventOf(thresholdBody({ webhook: { id: [1] } }));
    expect(event.webhookId).toBeUndefined();
    expect(event.unmapped).toEqual([['webhook.id', [1]]]);
  });
});

describe('a body is refused with the path of each error', () => {
  test.each<[string, Parameters<typeof parseEvent>[0], string[]]>([
    ['nothing at all', {}, ['environment is missing']],
    ['no environment', { type: 'EVENT' }, ['environment is missing']],
    [
      'an environment of null',
      thresholdBody({ environment: null }),
      ['environment must be an object'],
    ],
    [
      'an environment that is text',
      thresholdBody({ environment: 'prod' }),
      ['environment must be an object'],
    ],
    ['an array for it', thresholdBody({ environment: [] }), ['environment must be an object']],
    ['no ID in it', thresholdBody({ environment: {} }), ['environment.id is missing']],
    [
      'a bad ID beside other fields that cannot be used',
      thresholdBody({ environment: { id: '' }, webhook: 5, view: { id: {} } }),
      ['environment.id must not be blank'],
    ],
  ])('%s', (_, body, errors) => {
    expect(errorsOf(body)).toEqual(errors);
  });
});

describe('an object of another type than EVENT is ignored', () => {
  test.each(['TEST', 'EVENTS', 'event 2'])('%j', (type) => {
    expect(parseEvent({ type, environment: 5 })).toEqual({
      outcome: 'ignored',
      reason: `The type is "${type}", not "EVENT".`,
    });
  });
});

describe('only what routing needs is required', () => {
  const environment = { id: '1' };
  test.each<[string, object]>([
    ['nothing but the environment', {}],
    ['an event of null', { event: null, webhook: null, time: null }],
    ['an empty event', { event: {}, webhook: {} }],
    ['no times', { event: { content: { metric: 'latency' } } }],
    ['no content', { event: { time: '2022-04-03T17:52:24Z' } }],
    ['a view of null', { event: { view: null } }],
    ['a type in another case', { type: ' event ' }],
    ['no type', { type: undefined }],
    ['a blank type', { type: ' ' }],
  ])('%s', (_, more) => {
    expect(eventOf({ type: 'EVENT', environment, ...more }).environment.id).toBe('1');
  });

  test('view, domain, metric and threshold may come from the parameters of the webhook', () => {
    const parameter = { domain: 'VIEWS', viewId: 4, metric: 'latency', threshold: 20 };
    expect(eventOf({ type: 'EVENT', environment, webhook: { parameter } })).toMatchObject({
      kind: 'threshold-exceeded',
      view: { id: '4' },
      domain: 'VIEWS',
      metric: 'latency',
      threshold: 20,
    });
  });

  test('the event takes precedence over the parameters of its webhook', () => {
    const parameter = { domain: 'X', viewId: '5', metric: 'latency', threshold: 20 };
    expect(eventOf(thresholdBody({ webhook: { parameter } }))).toMatchObject({
      view: { id: '4' },
      domain: 'VIEWS',
      metric: 'requests',
      threshold: 30,
    });
  });
});

describe('content of another type is kept', () => {
  test.each<[string, unknown, object]>([
    ['text', 'denied', { content: 'denied' }],
    ['a number', 0, { content: 0 }],
    ['an array', [{ metric: 'requests' }], { content: [{ metric: 'requests' }] }],
    ['null', null, {}],
  ])('%s', (_, content, expected) => {
    expect(eventOf(thresholdBody({ content })).content).toEqual(expected);
  });

  test('a field of a wrong type is treated as missing, and stays in the content', () => {
    const content = { metric: 5, value: '42 r/s', threshold: null, unit: {}, limit: Infinity };
    const event = eventOf(thresholdBody({ content }));
    expect(event).toMatchObject({ metric: undefined, value: undefined, threshold: undefined });
    expect(event.content).toEqual(content);
  });
});

describe('the kind of an event', () => {
  test.each<[string, string | undefined, string, object]>([
    ['threshold-exceeded', undefined, 'VIEWS', { threshold: 30 }],
    ['threshold-exceeded', undefined, 'VIEWS', {}],
    ['threshold-exceeded', 'Threshold exceeded', 'VIEWS', {}],
    ['threshold-exceeded', 'THRESHOLD', 'VIEWS', { threshold: 30, limit: 50 }],
    ['threshold-exceeded', undefined, 'VIEWS', { threshold: 30, limit: 50 }],
    ['limit-reached', 'LIMIT', 'VIEWS', {}],
    ['limit-reached', 'Limit reached', 'VIEWS', { threshold: 30, limit: 50 }],
    ['limit-reached', undefined, 'VIEWS', { limit: 12 }],
    ['segmentation-denied', undefined, 'SEGMENTATION', {}],
    ['segmentation-denied', 'SEGMENTATION', 'OTHER', {}],
    ['segmentation-denied', 'Connection denied', 'OTHER', {}],
    ['event', undefined, 'OTHER', {}],
    ['event', 'SOMETHING', 'OTHER', {}],
  ])('%s: type %s, domain %s, content %j', (kind, eventType, domain, content) => {
    const event = { domain, content };
    expect(eventOf(thresholdBody({ webhook: { eventType }, more: { event } })).kind).toBe(kind);
  });

  test('decides if the limit or the threshold was exceeded', () => {
    const content = { threshold: 30, limit: 50 };
    const at = (eventType: string) => eventOf(thresholdBody({ content, webhook: { eventType } }));
    expect(at('LIMIT').threshold).toBe(50);
    expect(at('THRESHOLD').threshold).toBe(30);
  });
});

describe('nothing that was sent is lost', () => {
  test('unknown fields have their path as name', () => {
    const body = thresholdBody({
      environment: { id: '1', name: 7, region: 'eu' },
      webhook: { id: 1, url: 'https://<xyz>', label: 'x', parameter: { window: 5 } },
      more: { region: 'us', event: { region: 'asia', view: { id: '4', owner: 'shop' } } },
    });
    expect(eventOf(body).unmapped).toEqual([
      ['region', 'us'],
      ['environment.name', 7],
      ['environment.region', 'eu'],
      ['webhook.label', 'x'],
      ['webhook.parameter.window', 5],
      ['event.region', 'asia'],
      ['event.view.owner', 'shop'],
    ]);
  });

  test('the type of an event of an unknown kind', () => {
    const event = eventOf({
      type: 'EVENT',
      environment: { id: '1' },
      webhook: { eventType: 'QUARANTINE' },
    });
    expect(event.kind).toBe('event');
    expect(event.unmapped).toEqual([['webhook.eventType', 'QUARANTINE']]);
  });

  test('fields named like properties of every object', () => {
    const text = '{"type":"EVENT","environment":{"id":"1","__proto__":{"name":"x"}},"toString":1}';
    const event = eventOf(JSON.parse(text));
    expect(event.environment.name).toBeUndefined();
    expect(event.unmapped).toEqual([
      ['toString', 1],
      ['environment.__proto__', { name: 'x' }],
    ]);
  });

  test('except the URL of the webhook, which contains the token', () => {
    expect(JSON.stringify(eventOf(sample('view-threshold')))).not.toContain('xyz');
  });
});
