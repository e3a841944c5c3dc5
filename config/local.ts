import { defineStage } from './define-stage.ts';

/**
 * The stage that `npm start` runs on this machine. It takes every environment, view and domain, and
 * its times are scaled down, so that you can rehearse an outage in one minute: the last page comes at
 * most 16 s after the outage. An incident without events is resolved after half a minute.
 */
export const local = defineStage({
  name: 'local',
  routes: [
    {
      environment: '*',
      domain: 'SEGMENTATION',
      service: 'local-service',
      severity: 'info',
      resolveAfterMinutes: 0.5,
    },
    {
      environment: '*',
      service: 'local-service',
      severity: {
        default: 'warning',
        over: [
          { ratio: 1.5, severity: 'error' },
          { ratio: 2, severity: 'critical' },
        ],
      },
      resolveAfterMinutes: 0.5,
    },
  ],
  delivery: {
    // The quiet time of half a minute allows at most 6.
    updateIntervalSeconds: 5,
    callTimeoutSeconds: 2,
    retryBaseSeconds: 1,
    retryCapSeconds: 8,
    circuitCapSeconds: 4,
    giveUpAfterSeconds: 600,
  },
  // The events queue's visibility timeout is six times this and a minute more: what a crash leaves
  // behind is retried within two minutes.
  deliveryFunction: { timeoutSeconds: 10 },
  logs: { retentionDays: 1 },
});
