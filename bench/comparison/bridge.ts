/** This bridge with the default settings of a deployed stage. */

import { defineStage } from '../../config/define-stage.ts';
import type { StageConfig } from '../../config/stage.ts';
import { startBridge } from '../../local/bridge.ts';
import { need } from '../../local/parts.ts';
import {
  type Contestant,
  type ContestantOptions,
  environmentOf,
  KEYS,
  SERVICES,
} from './contestant.ts';

/** Quiet time of the stage that resolves, minutes: the shortest that the defaults allow. */
const RESOLVE_AFTER_MINUTES = 6;

/** A stage with the routes of the comparison. Everything else is a default. */
export function stageOf(resolves: boolean): StageConfig {
  const ending = resolves ? { resolveAfterMinutes: RESOLVE_AFTER_MINUTES } : {};
  return defineStage({
    name: resolves ? 'comparison-resolves' : 'comparison',
    severity: {
      default: 'warning',
      over: [
        { ratio: 1.5, severity: 'error' },
        { ratio: 2, severity: 'critical' },
      ],
    },
    routes: SERVICES.map((service) =>
      Object.assign({ environment: environmentOf(service), service }, ending),
    ),
  });
}

/** Starts the bridge with its stand-in. */
export async function startThisBridge(options: ContestantOptions): Promise<Contestant> {
  const bridge = await startBridge({
    stage: options.stage,
    assembly: options.assembly,
    integrationKeys: KEYS,
    ...(options.standIn === undefined ? {} : { standIn: options.standIn }),
  });
  return {
    id: 'bridge',
    webhookUrl: bridge.webhookUrl,
    standIn: need(bridge.standIn, 'stand-in'),
    bridge,
    stop: bridge.stop,
  };
}
