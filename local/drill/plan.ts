/** The numbers of a drill. */

import { local } from '../../config/local.ts';
import type { StageConfig } from '../../config/stage.ts';

/** The numbers of a drill. */
export interface DrillPlan {
  readonly stage: StageConfig;
  readonly storm: { readonly events: number; readonly views: number; readonly perSecond: number };
  readonly outage: { readonly events: number; readonly views: number; readonly seconds: number };
  /** Events that PagerDuty refuses. */
  readonly refused: number;
  /** Longest wait for any single result, seconds. */
  readonly resultTimeoutSeconds: number;
}

/** About two minutes. */
export const FULL: DrillPlan = {
  stage: local,
  // Shorter than the update interval: each incident is updated once, within the rate limit.
  storm: { events: 900, views: 10, perSecond: 75 },
  outage: { events: 120, views: 24, seconds: 45 },
  refused: 5,
  resultTimeoutSeconds: 90,
};

/** About half a minute: the stage waits less between attempts, and the outage is shorter. */
export const FAST: DrillPlan = {
  stage: {
    ...local,
    delivery: {
      ...local.delivery,
      // A slow machine makes the storm longer. Each view may be updated once per interval and instance,
      // and all updates together have a third of the calls per minute.
      updateIntervalSeconds: 5,
      retryCapSeconds: 2,
      circuitCapSeconds: 1,
    },
  },
  storm: { events: 150, views: 5, perSecond: 75 },
  outage: { events: 16, views: 8, seconds: 5 },
  refused: 3,
  resultTimeoutSeconds: 70,
};
