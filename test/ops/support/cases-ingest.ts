/** Cases: events do not get in. */

import { alarm, between, type Case, PAGE, TICKS, TO } from './case.ts';
import { every } from './timeline.ts';

/** By name. */
export const INGEST_CASES: Readonly<Record<string, Case>> = {
  'every request answered 5xx': {
    happenings: between(every(20, [5, TO], { serverErrors: 1 })),
    local: 'yes no no no no no partly yes',
    deployed: 'yes yes yes no no no no yes',
    says: /^nothing gets in since 16:00 UTC: \d+ requests were answered 5xx\. See docs\/runbook\.md#ingest-server-errors$/,
  },
  'every request answered 5xx, which only the alarm shows': {
    happenings: between(),
    facts: (second) =>
      second >= 180 && second < TO ? { alarms: [alarm('IngestServerErrors', 180)] } : {},
    local: 'yes yes yes no no no yes yes',
    deployed: 'yes yes yes no no no yes yes',
    says: /^nothing gets in\. Alarm IngestServerErrors since 16:03 UTC\. See docs\/runbook\.md#ingest-server-errors$/,
  },
  'every request with an old token': {
    happenings: between(every(20, [5, TO], { unauthorized: 1 })),
    local: 'yes yes no no no no partly yes',
    deployed: 'yes yes yes yes no no no yes',
    says: /^nothing gets in since 16:00 UTC: \d+ requests were answered 401, because the token is wrong\. See docs\/runbook\.md#unauthorized-requests$/,
  },
  'every request throttled': {
    happenings: between(every(20, [5, TO], { throttled: 5 })),
    local: 'yes no no no no no partly yes',
    deployed: 'yes yes yes no no no no yes',
    says: /^nothing gets in since 16:00 UTC: \d+ requests were answered 429/,
  },
  'every event unreadable': {
    happenings: between(every(20, [5, TO], { requestsRefused: 1 })),
    local: 'yes no no no no no partly yes',
    deployed: 'yes yes yes no no no no yes',
    says: /^nothing gets in since 16:00 UTC: \d+ requests were refused as unreadable \(400, 413 or 422\)\. See docs\/runbook\.md#refused-events$/,
  },
  'some events unreadable': {
    happenings: between(every(20, [5, TO], PAGE), every(60, [15, TO], { requestsRefused: 1 })),
    local: 'yes partly partly partly partly partly partly yes',
    deployed: 'yes yes yes partly partly partly partly yes',
    says: /^1[35] requests were refused as unreadable \(400, 413 or 422\), in the last 15 min; others got in/,
  },
  'a scanner at night': {
    happenings: [...TICKS, ...every(300, [5, TO], { unauthorized: 1, unknownPaths: 4 })],
    local: 'yes yes yes yes yes yes yes yes',
    deployed: 'yes yes yes yes yes yes yes yes',
    says: /^no event came in the last \d+ h( \d+ min)?; no event waits$/,
    after: /^no event came in the last \d+ h( \d+ min)?; no event waits$/,
  },
  'events that a route ignores': {
    happenings: between(every(20, [5, TO], { ignoredByRoute: 1 })),
    local: 'yes yes yes yes yes yes yes yes',
    deployed: 'yes yes yes yes yes yes yes yes',
    says: /; no event waits; routes ignored \d+ events in the last 15 min$/,
  },
  'events of an unknown type': {
    happenings: between(every(20, [5, TO], { ignoredByType: 1 })),
    local: 'yes partly partly partly partly partly partly yes',
    deployed: 'yes yes yes partly partly partly partly yes',
    says: /^\d+ requests of an unknown type were ignored in the last 15 min\. See docs\/runbook\.md#unknown-types$/,
  },
};
