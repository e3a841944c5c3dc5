/** The measurements of `npm run bench`, in the order of its table. */

import type { Measurement } from './measuring/row.ts';

type Load = () => Promise<{ readonly default: Measurement }>;

/** Name -> module, which only the process that runs it loads. */
export const measurements: Readonly<Record<string, Load>> = {
  bundle: async () => import('./bundle.ts'),
  'cold-start': async () => import('./cold-start.ts'),
  'ingest-warm': async () => import('./ingest-warm.ts'),
  'delivery-warm': async () => import('./delivery-warm.ts'),
  delivery: async () => import('./delivery.ts'),
  routing: async () => import('./routing.ts'),
  growth: async () => import('./growth.ts'),
  storm: async () => import('./storm.ts'),
  idle: async () => import('./idle.ts'),
  cost: async () => import('./cost.ts'),
  'many-incidents': async () => import('./many-incidents.ts'),
  'simulated-day': async () => import('./simulated-day.ts'),
  comparison: async () => import('./comparison.ts'),
};

/** Measurements that run only when `--only` names them, because they take minutes. */
export const longMeasurements: readonly string[] = [
  'many-incidents',
  'simulated-day',
  'comparison',
];
