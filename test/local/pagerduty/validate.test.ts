import { describe, expect, test } from '@jest/globals';
import { validateEvent } from '../../../local/pagerduty/validate.ts';

const KEY = 'a1'.repeat(16);

const payload = { summary: 'It broke', source: 'shop', severity: 'error' };
const trigger = { routing_key: KEY, event_action: 'trigger', payload };

function faultsOf(event: unknown): readonly string[] {
  const result = validateEvent(event);
  return 'routingKey' in result ? [] : result;
}

function withPayload(fields: Readonly<Record<string, unknown>>): unknown {
  return { ...trigger, payload: { ...payload, ...fields } };
}

describe('PagerDuty takes', () => {
  test.each<[string, unknown]>([
    ['the smallest trigger', trigger],
    [
      'every field',
      {
        ...trigger,
        dedup_key: 'd'.repeat(255),
        payload: {
          ...payload,
          summary: 's'.repeat(1024),
          timestamp: '2022-04-03T17:52:24.123+02:00',
          component: 'requests',
          group: 'shop',
          class: 'threshold',
          custom_details: { any: ['thing'] },
        },
        links: [{ href: 'https://example.com/a', text: 'A' }, { href: 'http://example.com' }],
        images: [{ src: 'https://example.com/i.png', href: 'https://example.com', alt: 'i' }],
        client: 'Glasnostic',
        client_url: 'https://example.com',
      },
    ],
    ['a time without seconds', withPayload({ timestamp: '2022-04-03T17:52Z' })],
    ['a date', withPayload({ timestamp: '2022-04-03' })],
    ['a basic offset', withPayload({ timestamp: '2022-04-03T17:52:24+0200' })],
    ['a resolve', { routing_key: KEY, event_action: 'resolve', dedup_key: 'd' }],
    ['an acknowledge', { routing_key: KEY, event_action: 'acknowledge', dedup_key: 'd' }],
  ])('%s', (_, event) => {
    expect(faultsOf(event)).toEqual([]);
  });
});

describe('PagerDuty refuses', () => {
  test.each<[string, unknown, string[]]>([
    ['what is no object', [], ['Event object is not a JSON object']],
    ['no JSON', undefined, ['Event object is not a JSON object']],
    [
      'an empty object',
      {},
      ["'routing_key' is missing or blank", "'event_action' is missing or blank"],
    ],
    [
      'a REST API key',
      { ...trigger, routing_key: 'e+23rschqsESqk9Q6_-g' },
      [
        "Length of 'routing_key' is incorrect (should be 32 characters)",
        "'routing_key' cannot contain non-alphanumeric characters.",
      ],
    ],
    [
      'another action',
      { ...trigger, event_action: 'fix' },
      [
        "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')",
      ],
    ],
    ['no payload', { ...trigger, payload: undefined }, ["'payload' is missing or blank"]],
    [
      'an empty payload',
      { ...trigger, payload: {} },
      [
        "'payload.summary' is missing or blank",
        "'payload.source' is missing or blank",
        "'payload.severity' is missing or blank",
      ],
    ],
    ['a blank source', withPayload({ source: ' ' }), ["'payload.source' is missing or blank"]],
    [
      'a long summary',
      withPayload({ summary: 's'.repeat(1025) }),
      ["'payload.summary' is too long (maximum is 1024 characters)"],
    ],
    [
      'a summary that is no text',
      withPayload({ summary: 7 }),
      ["'payload.summary' is invalid (must be a string)"],
    ],
    [
      'another severity',
      withPayload({ severity: 'Critical' }),
      [
        "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')",
      ],
    ],
    [
      'details as text',
      withPayload({ custom_details: 'text' }),
      ["'payload.custom_details' is invalid (must be an object)"],
    ],
    [
      'a component that is no text',
      withPayload({ component: 1 }),
      ["'payload.component' is invalid (must be a string)"],
    ],
    [
      'a long dedup key',
      { ...trigger, dedup_key: 'd'.repeat(256) },
      ["'dedup_key' is too long (maximum is 255 characters)"],
    ],
    [
      'a resolve without dedup key',
      { routing_key: KEY, event_action: 'resolve' },
      ["'dedup_key' is missing or blank"],
    ],
    [
      'links that are no list',
      { ...trigger, links: {} },
      ["'links' is invalid (must be an array)"],
    ],
    [
      'a link that is no object',
      { ...trigger, links: ['x'] },
      ["'links[0]' is invalid (must be an object)"],
    ],
    [
      'a link without address',
      { ...trigger, links: [{ text: 'x' }] },
      ["'links[0].href' is missing or blank"],
    ],
    [
      'a link to no URL',
      { ...trigger, links: [{ href: 'javascript:alert(1)' }] },
      ["'links[0].href' is invalid (must be a URL)"],
    ],
    [
      'an image without TLS',
      { ...trigger, images: [{ src: 'http://example.com/i.png' }] },
      ["'images[0].src' is invalid (must be a URL)"],
    ],
    [
      'a client that is no text',
      { ...trigger, client: {} },
      ["'client' is invalid (must be a string)"],
    ],
  ])('%s', (_, event, faults) => {
    expect(faultsOf(event)).toEqual(faults);
  });

  test.each(['2022-04-03T7:52:24Z', '2022-13-03', 'yesterday', '1649008344', 1_649_008_344])(
    'the time %s',
    (timestamp) => {
      expect(faultsOf(withPayload({ timestamp }))).toEqual([
        "'payload.timestamp' is invalid (must be in ISO 8601 format)",
      ]);
    },
  );
});
