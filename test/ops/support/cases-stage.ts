/** Cases: keys, refusals, storms, dead letters and other alarms. */

import { alarm, between, type Case, IN, key, PAGE, TO, waiting } from './case.ts';
import { every } from './timeline.ts';

/** By name. */
export const STAGE_CASES: Readonly<Record<string, Case>> = {
  'a revoked key': {
    happenings: between(every(30, [5, TO], { refused: 1, keyMissing: 2, failedStatus: 400 })),
    facts: waiting,
    local: 'yes no no no no no yes yes',
    deployed: 'yes yes yes no no no no yes',
    says: /^PagerDuty refuses the integration key since 16:00 UTC; 16 events wait, the oldest for 15 min\. Replace it with: \.\/bridge keys set platform$/,
  },
  'a revoked key of one of two services': {
    happenings: between(
      every(60, [5, TO], { refused: 1, keyMissing: 2, failedStatus: 400 }),
      every(20, IN, PAGE),
    ),
    facts: (second) => ({
      ...waiting(second),
      keys: [key('network', 'set'), key('platform', 'set')],
    }),
    local: 'yes partly partly partly partly partly yes yes',
    deployed: 'yes yes yes partly partly partly yes yes',
    says: /^PagerDuty refuses the integration key of a service, and others work; 16 events wait, .*keys set SERVICE$/,
  },
  'every event refused': {
    happenings: between(every(30, [5, TO], { refused: 1, deadLettered: 1, failedStatus: 400 })),
    facts: (second) => {
      const dead = second < 5 ? 0 : Math.ceil((Math.min(second, TO) - 5) / 30);
      const recent = second > TO + 900 ? 0 : dead;
      return { deadLetters: { count: dead, recent, old: 0 } };
    },
    local: 'yes no no no no no partly yes',
    deployed: 'yes partly partly no no no no yes',
    says: /^PagerDuty refuses every event since 16:00 UTC\. See why with: \.\/bridge dlq list\. Also 30 dead letters$/,
    after: /Also 40 dead letters$/,
  },
  'one of two services without a key': {
    happenings: between(every(60, [5, TO], { keyMissing: 2 }), every(20, IN, PAGE)),
    facts: (second) => ({
      ...waiting(second),
      keys: [key('network', second < TO ? 'missing' : 'set'), key('platform', 'set')],
    }),
    local: 'partly partly partly partly partly partly yes yes',
    deployed: 'partly partly partly partly partly partly yes yes',
    says: /^the integration key of network is missing or malformed; 16 events wait, .*\. Set it with: \.\/bridge keys set network$/,
  },
  'no service has a key': {
    happenings: between(every(60, [5, TO], { keyMissing: 2 })),
    facts: (second) => ({
      ...waiting(second),
      keys: [key('network', 'missing'), key('platform', second < TO ? 'malformed' : 'set')],
    }),
    local: 'no no no no no no partly partly',
    deployed: 'no no no no no no partly partly',
    says: /^no service has a usable integration key; 16 events wait, .*\. Set it with: \.\/bridge keys set SERVICE$/,
    after:
      /^the integration key of network is missing or malformed\. Set it with: \.\/bridge keys set network$/,
  },
  'a storm that is paced': {
    happenings: between(every(1, IN, { accepted: 4, delivered: 2, deduplicated: 1 })),
    facts: (second) =>
      second < 5 || second >= TO
        ? { waiting: 0 }
        : { waiting: 1_200 - second, oldestSeconds: Math.min(second, 280) },
    local: 'yes yes yes yes yes yes yes yes',
    deployed: 'yes yes yes yes yes yes yes yes',
    says: /^300 events wait, the oldest for 4 min; the rate limit paces them: about 180 per minute get out, done in about 2 min$/,
  },
  'a storm that is longer than a page may wait': {
    happenings: between(every(1, IN, { accepted: 4, delivered: 2, deduplicated: 1 })),
    facts: (second) =>
      second < 5 || second >= TO ? { waiting: 0 } : { waiting: 5_000, oldestSeconds: second },
    local: 'yes yes yes yes late late yes yes',
    deployed: 'yes yes yes yes late late yes yes',
    says: /^5000 events wait, the oldest for 15 min; the rate limit paces them: about 180 per minute/,
  },
  'events became dead letters': {
    happenings: between(every(20, IN, PAGE)),
    facts: (second) => ({
      deadLetters: { count: 2, recent: second >= 0 && second < TO ? 2 : 0, old: 0 },
    }),
    local: 'partly partly partly partly partly partly yes yes',
    deployed: 'partly partly partly partly partly partly yes yes',
    says: /^2 events became dead letters in the last 15 min and wait for you\. See why with: \.\/bridge dlq list$/,
    after: /Also 2 dead letters$/,
  },
  'dead letters that SQS deletes soon': {
    happenings: between(every(20, IN, PAGE)),
    facts: () => ({ deadLetters: { count: 5, recent: 0, old: 3 } }),
    local: 'partly partly partly partly partly partly partly partly',
    deployed: 'partly partly partly partly partly partly partly partly',
    says: /^3 dead letters are older than 10 days, and SQS deletes them at 14 days\. Keep them with: \.\/bridge dlq export --output FILE$/,
    after: /^3 dead letters are older than 10 days/,
  },
  'an alarm that nothing else explains': {
    happenings: between(every(20, IN, PAGE)),
    facts: (second) =>
      second < TO
        ? { alarms: [alarm('DeliveryErrors', -60), alarm('IngestErrors', 0, { state: 'OK' })] }
        : {},
    local: 'partly partly partly partly partly partly yes yes',
    deployed: 'partly partly partly partly partly partly yes yes',
    says: /^alarm DeliveryErrors since 15:59 UTC\. See runbook#DeliveryErrors$/,
  },
};
