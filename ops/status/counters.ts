/** Counters of a stage, from CloudWatch or from the local bridge. */

import type { MetricName } from '../../lambda/shared/metrics.ts';

/** Counter -> its metric. */
export const COUNTERS = {
  accepted: 'EventsAccepted',
  delivered: 'EventsDelivered',
  deduplicated: 'EventsDeduplicated',
  deadLettered: 'EventsDeadLettered',
  /** Calls that PagerDuty refused. */
  refused: 'PagerDutyRefused',
  /** Calls that PagerDuty throttled, or that did not reach it. */
  unavailable: 'PagerDutyUnavailable',
} as const satisfies Readonly<Record<string, MetricName>>;

/** Numbers of events and calls. */
export type Counters = Readonly<Record<keyof typeof COUNTERS, number>>;

/** Collects the counters. */
export function countersFrom(valueOf: (counter: keyof Counters) => number): Counters {
  return {
    accepted: valueOf('accepted'),
    delivered: valueOf('delivered'),
    deduplicated: valueOf('deduplicated'),
    deadLettered: valueOf('deadLettered'),
    refused: valueOf('refused'),
    unavailable: valueOf('unavailable'),
  };
}
