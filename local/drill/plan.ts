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
  // Twelve seconds. Each view may be updated once per interval of 5 s and instance, and all updates of
  // an instance together have a third of its calls per minute, which is 20.
  storm: { events: 900, views: 6, perSecond: 75 },
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
      retryCapSeconds: 2,
      circuitCapSeconds: 1,
    },
  },
  storm: { events: 150, views: 5, perSecond: 75 },
  outage: { events: 16, views: 8, seconds: 5 },
  refused: 3,
  resultTimeoutSeconds: 70,
};
