import { defineStage } from './define-stage.ts';

/**
 * The stage that `npm start` runs on this machine. It takes every environment, view and domain, and
 * its times are scaled down, so that you can rehearse an outage in one minute: the last page comes at
 * most 16 s after the outage, and the last update at most 30 s later.
 */
export const local = defineStage({
  name: 'local',
  routes: [
    { environment: '*', domain: 'SEGMENTATION', service: 'local-service', severity: 'info' },
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
    },
  ],
  delivery: {
    // Ten noisy views then need no more updates per minute than the rate limit leaves for updates.
    updateIntervalSeconds: 30,
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
