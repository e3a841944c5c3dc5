/** Cases: calls to PagerDuty fail, or delivery does not run. */

import {
  alarm,
  BEFORE,
  between,
  type Case,
  FAILED,
  IN,
  LATER,
  PAGE,
  TICKS,
  TO,
  waiting,
} from './case.ts';
import { every, START } from './timeline.ts';

/** By name. */
export const OUTAGE_CASES: Readonly<Record<string, Case>> = {
  'pages get out': {
    happenings: between(every(20, IN, PAGE)),
    local: 'yes yes yes yes yes yes yes yes',
    deployed: 'yes yes yes yes yes yes yes yes',
    says: /^the last page got out at 16:1\d UTC, \d (s|min) ago; no event waits$/,
  },
  'an outage': {
    happenings: between(every(30, [5, TO], FAILED)),
    facts: waiting,
    local: 'yes no no no no no yes yes',
    deployed: 'yes yes yes no no no no yes',
    says: /^PagerDuty answers 503 since 16:00 UTC; 16 events wait, the oldest for 15 min\. They are kept, and go out when it is back\. See docs\/runbook\.md#pagerduty-unavailable$/,
  },
  'an outage in which one event waits, and is tried every three minutes': {
    happenings: between(every(180, [5, TO], FAILED)),
    facts: (second) => (second < TO + 30 ? { waiting: 1, oldestSeconds: second } : {}),
    local: 'yes late late no no no yes yes',
    deployed: 'yes yes yes late no no no yes',
    says: /^PagerDuty answers 503 since 16:00 UTC; 1 event waits/,
  },
  'an outage with old dead letters': {
    happenings: between(every(30, [5, TO], FAILED)),
    facts: (second) => ({
      ...waiting(second),
      deadLetters: { count: 14, recent: 0, old: 0 },
      alarms: [alarm('DeadLetters', BEFORE), alarm('PagerDutyUnavailable', 600)].filter(
        ({ since }) => Date.parse(since ?? '') <= START + second * 1_000,
      ),
    }),
    local: 'yes no no no no no yes yes',
    deployed: 'yes yes yes no no no no yes',
    says: /^PagerDuty answers 503 since 16:00 UTC; 16 events wait.*\. Also 14 dead letters$/,
    after: /^the last page got out at .*; no event waits\. Also 14 dead letters$/,
  },
  'an outage that an alarm shows before the figures': {
    happenings: between(),
    facts: (second) => ({
      ...waiting(second),
      ...(second >= 300 && second < TO ? { alarms: [alarm('PagerDutyUnavailable', 300)] } : {}),
    }),
    local: 'yes late late late no no yes yes',
    deployed: 'yes yes yes yes no no yes yes',
    says: /^calls to PagerDuty fail\. Alarm PagerDutyUnavailable since 16:05 UTC; 16 events wait/,
  },
  'no connection to PagerDuty': {
    happenings: between(every(30, [5, TO], { unavailable: 1 })),
    facts: waiting,
    local: 'yes no no no no no yes yes',
    deployed: 'yes yes yes no no no no yes',
    says: /^PagerDuty does not answer since 16:00 UTC; 16 events wait/,
  },
  'a quiet night': {
    happenings: TICKS,
    local: 'yes yes yes yes yes yes yes yes',
    deployed: 'yes yes yes yes yes yes yes yes',
    says: /^no event came in the last \d+ h( \d+ min)?; no event waits$/,
    after: /^no event came in the last \d+ h( \d+ min)?; no event waits$/,
  },
  'delivery is silent': {
    happenings: [
      ...every(60, [BEFORE, LATER], { ticksSent: 1 }),
      ...every(60, [BEFORE, 0], { ticks: 1 }),
      ...every(60, [TO, LATER], { ticks: 1 }),
    ].toSorted((a, b) => a.second - b.second),
    local: 'yes no no no no no yes yes',
    deployed: 'yes yes yes yes no no no yes',
    says: /^delivery is silent since 15:59 UTC: it does not take the ticks that are sent; no event waits\. See docs\/runbook\.md#delivery-silent$/,
    after: /^no event came in the last \d+ h( \d+ min)?; no event waits$/,
  },
  'the schedule is disabled': {
    happenings: [
      ...every(60, [BEFORE, 0], { ticks: 1, ticksSent: 1 }),
      ...every(60, [TO, LATER], { ticks: 1, ticksSent: 1 }),
    ],
    local: 'yes no no no no no yes yes',
    deployed: 'yes yes yes yes no no no yes',
    says: /^delivery is silent since 15:59 UTC: no tick is sent any more/,
    after: /^no event came in the last \d+ h( \d+ min)?; no event waits$/,
  },
  'events wait and nothing is tried': {
    happenings: between(),
    facts: waiting,
    local: 'yes late late late no no yes yes',
    deployed: 'yes yes yes yes no no yes yes',
    says: /^16 events wait, the oldest for 15 min, and the last page got out at 15:59 UTC, 1[56] min ago/,
  },
  'one call fails': {
    happenings: between([{ second: 58, ...FAILED }], every(20, [80, TO], PAGE)),
    facts: (second) => (second >= 58 && second < 80 ? { waiting: 1, oldestSeconds: 10 } : {}),
    local: 'yes late yes yes yes yes yes yes',
    deployed: 'yes yes yes yes yes yes yes yes',
    says: /^the last page got out at/,
  },
  'PagerDuty fails at times': {
    happenings: between(every(20, [7, TO], FAILED), every(20, [17, TO], PAGE)),
    facts: (second) => (second < TO ? { waiting: 2, oldestSeconds: 20 } : {}),
    local: 'yes late late late late late late yes',
    deployed: 'yes yes yes late late late late yes',
    says: /^PagerDuty fails at times: \d+ of \d+ calls in the last 10 min; 2 events wait/,
  },
};
