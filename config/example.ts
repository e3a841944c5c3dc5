import { defineStage } from './define-stage.ts';

/** Deployable as it is, in any account. Copy it for a stage of your own. */
export const example = defineStage({
  name: 'example',
  routes: [
    // A denied connection is worth knowing of, but not worth a page at night.
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
