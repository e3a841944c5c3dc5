import { expect, test } from '@jest/globals';

import type { ServiceKey } from '../../ops/keys/integration-keys-secret.ts';
import {
  type AlarmState,
  type Recent,
  verdict,
  type VerdictFacts,
} from '../../ops/status/verdict.ts';

const recent = (more: Partial<Recent> = {}): Recent => ({
  span: 'in the last 15 min',
  isNow: true,
  accepted: 10,
  delivered: 6,
  deduplicated: 4,
  deadLettered: 0,
  refused: 0,
  unavailable: 0,
  ...more,
});

const key = (service: string, state: ServiceKey['state']): ServiceKey => ({
  service,
  state,
  routed: true,
});

const alarm = (name: string, state: AlarmState['state'] = 'ALARM'): AlarmState => ({
  name,
  state,
  since: null,
  runbook: null,
});

const facts = (more: Partial<VerdictFacts> = {}): VerdictFacts => ({
  keys: [key('platform', 'set')],
  updateIntervalSeconds: 60,
  waiting: 0,
  recent: recent(),
  deadLetters: 0,
  recentDeadLetters: 0,
  alarms: [],
  ...more,
});

test.each<[string, Partial<VerdictFacts>, string, RegExp]>([
  ['events get out', {}, 'yes', /^10 events got out in the last 15 min, none waits$/],
  [
    'nothing came',
    { recent: recent({ accepted: 0, delivered: 0, deduplicated: 0 }) },
    'yes',
    /^no event came in the last 15 min, none waits$/,
  ],
  ['dead letters of the past', { deadLetters: 3 }, 'yes', /3 dead letters to look at$/],
  [
    'an alarm about dead letters alone',
    { deadLetters: 1, alarms: [alarm('DeadLetters')] },
    'yes',
    /1 dead letter to look at$/,
  ],
  [
    'PagerDuty is down',
    {
      waiting: 12,
      oldestSeconds: 90,
      recent: recent({ delivered: 0, deduplicated: 0, unavailable: 4 }),
    },
    'no',
    /^PagerDuty could not be reached or throttles, 4 times in the last 15 min; 12 events wait, the oldest for 1 min\. They are kept/,
  ],
  [
    'PagerDuty fails at times',
    { waiting: 2, recent: recent({ unavailable: 1 }) },
    'late',
    /throttles or fails at times, 1 time in the last 15 min; 2 events wait, 6 were delivered$/,
  ],
  [
    'PagerDuty was down and nothing waits any more',
    { recent: recent({ delivered: 0, deduplicated: 0, unavailable: 4 }) },
    'yes',
    /none waits/,
  ],
  [
    'nothing is delivered for an unknown reason',
    { waiting: 5, oldestSeconds: 900, recent: recent({ delivered: 0, deduplicated: 0 }) },
    'no',
    /^5 events wait, the oldest for 15 min, and none was seen to be delivered/,
  ],
  [
    'events wait for their next attempt',
    { waiting: 2, oldestSeconds: 6, recent: recent({ delivered: 0, deduplicated: 0 }) },
    'late',
    /^2 events wait, the oldest for 6 s, and none got out in the last 15 min\. The bridge tries them again/,
  ],
  [
    'an event is on its way',
    { waiting: 1, oldestSeconds: 2, recent: recent({ delivered: 0, deduplicated: 0 }) },
    'yes',
    /1 event waits, the oldest for 2 s$/,
  ],
  [
    'updates that are not due',
    { updatesNotDue: 2 },
    'yes',
    /^10 events got out in the last 15 min, none waits; 2 updates are not due yet$/,
  ],
  [
    'events that may be updates, because SQS does not tell',
    { waiting: 1, oldestSeconds: 20 },
    'yes',
    /^10 events got out .*, 1 event waits, the oldest for 20 s; some may be updates that are not due yet$/,
  ],
  [
    'old events wait while others get out',
    { waiting: 5, oldestSeconds: 900 },
    'late',
    /^5 events wait, the oldest for 15 min; 6 were delivered/,
  ],
  [
    'an event waits no longer than an update may',
    { waiting: 1, oldestSeconds: 900, updateIntervalSeconds: 600 },
    'yes',
    /1 event waits, the oldest for 15 min/,
  ],
  [
    'no key at all',
    { keys: [key('platform', 'missing'), key('network', 'malformed')], waiting: 1 },
    'no',
    /^no service has a usable integration key; 1 event waits/,
  ],
  [
    'one key of two',
    { keys: [key('platform', 'set'), key('network', 'missing')] },
    'partly',
    /^not for network: the integration key is missing or malformed/,
  ],
  [
    'keys of five services',
    {
      keys: [key('platform', 'set'), ...['a', 'b', 'c', 'd'].map((name) => key(name, 'missing'))],
    },
    'partly',
    /^not for a, b, c and 1 more:/,
  ],
  [
    'events became dead letters a moment ago while others got out',
    { deadLetters: 9, recentDeadLetters: 2 },
    'partly',
    /^2 events became dead letters in the last 15 min and wait for you; see: dlq list\. 10 got out in the last 15 min$/,
  ],
  [
    'an event became a dead letter a moment ago and no more is known',
    { deadLetters: 1, recentDeadLetters: 1, recent: undefined },
    'partly',
    /^1 event became a dead letter in the last 15 min and waits for you; see: dlq list$/,
  ],
  [
    'another alarm is in ALARM state',
    { alarms: [alarm('DeliveryErrors'), alarm('DeadLetters', 'OK')] },
    'partly',
    /in ALARM state: DeliveryErrors$/,
  ],
  [
    'nothing is known and nothing waits',
    { recent: undefined, alarms: undefined },
    'yes',
    /no event waits/,
  ],
  [
    'nothing is known and events wait',
    { recent: undefined, waiting: 3 },
    'unknown',
    /^3 events wait$/,
  ],
  [
    'what was since the start does not count as now',
    { waiting: 1, recent: recent({ isNow: false, delivered: 0, unavailable: 9, deadLettered: 9 }) },
    'yes',
    /1 event waits/,
  ],
])('when %s', (_, more, answer, sentence) => {
  const result = verdict(facts(more));
  expect(result.sentence).toMatch(sentence);
  expect(result.answer).toBe(answer);
});
