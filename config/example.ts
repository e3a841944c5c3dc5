import { defineStage } from './define-stage.ts';

/** A stage that you can deploy as it is, in any account, or copy for your own stage. */
export const example = defineStage({
  name: 'example',
  routes: [
    // A denied connection is useful to know, but must not page you at night.
    { environment: '*', domain: 'SEGMENTATION', service: 'network', severity: 'info' },
    {
      environment: '*',
      service: 'platform',
      severity: {
        default: 'warning',
        over: [
          { ratio: 1.5, severity: 'error' },
          { ratio: 2, severity: 'critical' },
        ],
      },
    },
  ],
});
