/** Events with fields that cannot be used, or that are written in another way than Glasnostic's. */

import { describe, expect, test } from '@jest/globals';

import { type GlasnosticEvent, viewIdentity } from '../../../lambda/glasnostic/event.ts';
import { eventOf, thresholdBody } from '../../support/glasnostic.ts';

/** An event of a domain, without a view. */
function at(domain: string): GlasnosticEvent {
  return eventOf(thresholdBody({ more: { event: { domain } } }));
}

describe('a value, a threshold or a limit that is text', () => {
  test.each<[string, number | undefined]>([
    ['42', 42],
    ['-0.5', -0.5],
    ['+7', 7],
    ['007', 7],
    ['1e3', 1000],
    ['2.5E-2', 0.025],
    ['9007199254740993', 9_007_199_254_740_992],
    ['', undefined],
    [' ', undefined],
    ['42 r/s', undefined],
    [' 42', undefined],
    ['1,5', undefined],
    ['1_000', undefined],
    ['0x10', undefined],
    ['.', undefined],
    ['1e999', undefined],
    ['Infinity', undefined],
    ['NaN', undefined],
  ])('%j is the number %p', (text, number) => {
    const value = eventOf(thresholdBody({ content: { value: text, threshold: text } }));
    expect([value.value, value.threshold]).toEqual([number, number]);
    const content = { limit: text };
    const limit = eventOf(thresholdBody({ content, webhook: { eventType: 'LIMIT' } }));
    expect(limit.threshold).toBe(number);
    const webhook = { parameter: { threshold: text } };
    expect(eventOf(thresholdBody({ content: {}, webhook })).threshold).toBe(number);
  });
});

describe('what cannot be used is shown, and the event is kept', () => {
  test.each<[string, Parameters<typeof thresholdBody>[0], string, unknown]>([
    ['a view that is text', { view: 'Shop' }, 'event.view', 'Shop'],
    ['a view that is a list', { view: ['4'] }, 'event.view', ['4']],
    ['a view whose ID is an object', { view: { id: { a: 1 } } }, 'event.view.id', { a: 1 }],
    ['a view whose ID is a fraction', { view: { id: 1.5 } }, 'event.view.id', 1.5],
    ['a webhook that is text', { webhook: 'hook' }, 'webhook', 'hook'],
    ['a webhook that is a number', { webhook: 5 }, 'webhook', 5],
    ['parameters that are a list', { webhook: { parameter: [1] } }, 'webhook.parameter', [1]],
    ['an event that is a list', { more: { event: [1] } }, 'event', [1]],
    ['an event that is text', { more: { event: 'x' } }, 'event', 'x'],
    ['a type that is a number', { more: { type: 1 } }, 'type', 1],
    ['a domain that is a number', { more: { event: { domain: 7 } } }, 'event.domain', 7],
  ])('%s', (_, changes, path, value) => {
    const event = eventOf(thresholdBody(changes));
    expect(event.environment.id).toBe('YegltGN8vgAK8THi');
    expect(event.unmapped).toContainEqual([path, value]);
  });

  test('and what can be used is used', () => {
    const webhook = { parameter: { viewId: 9, metric: 'latency', domain: 'VIEWS' } };
    for (const view of ['4', { id: [] }, { id: ' ' }, {}]) {
      expect(eventOf(thresholdBody({ view, webhook }))).toMatchObject({ view: { id: '9' } });
    }
    expect(eventOf(thresholdBody({ webhook, more: { event: 0 } }))).toMatchObject({
      kind: 'threshold-exceeded',
      view: { id: '9' },
      metric: 'latency',
    });
  });

  test('an unknown domain is kept, and a known one is the same in any case', () => {
    expect(at('views')).toMatchObject({ kind: 'threshold-exceeded', domain: 'VIEWS' });
    expect(at('Segmentation')).toMatchObject({
      kind: 'segmentation-denied',
      domain: 'SEGMENTATION',
    });
    expect(at('Billing')).toMatchObject({ kind: 'event', domain: 'Billing' });
  });
});

describe('the identity of a view', () => {
  test.each<[string, object, string]>([
    ['its ID', { id: '4', name: 'Shop' }, '4'],
    ['its name when it has no ID', { name: 'Shop' }, 'name=Shop'],
    ['its name when its ID cannot be used', { id: {}, name: ' Shop ' }, 'name=Shop'],
    ['not the ID of another view that has this name', { name: '4' }, 'name=4'],
    ['not the name of another view that has this ID', { id: 'name=Shop' }, 'name%=Shop'],
    ['not an ID that looks like an escaped one', { id: 'name%=Shop' }, 'name%%=Shop'],
  ])('is %s', (_, view, identity) => {
    expect(viewIdentity(eventOf(thresholdBody({ view })).view ?? {})).toBe(identity);
  });
});
