import { expect, test } from '@jest/globals';

import { KEY, pagerDutyEvent } from './pagerduty-event.ts';
import { pagerDutyProblems } from './pagerduty-rules.ts';

const { payload, ...top } = pagerDutyEvent();

test('a correct event has no problems', () => {
  const more = { timestamp: '2022-04-03T07:52:24.000Z', component: 'a', group: 'b' };
  const event = { ...top, payload: { ...payload, ...more } };
  expect(pagerDutyProblems(JSON.stringify(event))).toEqual([]);
});

test.each<[string, object]>([
  ['routing_key', { routing_key: KEY.slice(1) }],
  ['routing_key', { routing_key: `${KEY.slice(1)}-` }],
  ['event_action is unknown', { event_action: 'open', client: undefined, client_url: undefined }],
  ['client is unknown', { event_action: 'resolve', client_url: undefined }],
  ['dedup_key is blank', { dedup_key: '' }],
  ['dedup_key is over 255 characters', { dedup_key: 'x'.repeat(256) }],
  ['links are not a list of href and text', { links: [{ href: '/views/4', text: 'x' }] }],
  ['links are not a list of href and text', { links: [{ href: 'https://x.test', text: ' ' }] }],
  ['client_url is not an address', { client_url: 'x' }],
  ['extra is unknown', { extra: 1 }],
  ['payload is not an object', { payload: [] }],
  ['the body is over 512,000 bytes', { payload: { ...payload, custom_details: big() } }],
])('%#: %s', (problem, changes) => {
  const problems = pagerDutyProblems(JSON.stringify({ ...top, payload, ...changes }));
  expect(problems).toEqual([problem]);
});

test.each<[string, object]>([
  ['summary is blank', { summary: '\u200B ' }],
  ['summary is over 1024 characters', { summary: '😀'.repeat(1025) }],
  ['summary is not one line', { summary: 'a\nb' }],
  ['source is blank', { source: '' }],
  ['severity is unknown', { severity: 'high' }],
  ['timestamp is not ISO 8601', { timestamp: '2022-04-03T7:52:24Z' }],
  ['timestamp is not ISO 8601', { timestamp: 1_649_008_344 }],
  ['component is not text', { component: 5 }],
  ['details are not an object', { custom_details: 'text' }],
  ['half a surrogate pair', { custom_details: { a: 'x\uD83D' } }],
  ['half a surrogate pair', { custom_details: { '\uDE00': 1 } }],
  ['payload.extra is unknown', { extra: 1 }],
])('%#: %s', (problem, changes) => {
  const event = { ...top, payload: { ...payload, ...changes } };
  expect(pagerDutyProblems(JSON.stringify(event))).toEqual([problem]);
});

test('text that looks like half a pair is no problem', () => {
  const details = { pair: '😀', backslashes: String.raw`\ud83d`, more: String.raw`\\ud83d` };
  const event = { ...top, payload: { ...payload, custom_details: details } };
  expect(pagerDutyProblems(JSON.stringify(event))).toEqual([]);
});

function big(): object {
  return { a: 'é'.repeat(256_000) };
}
