import { local } from '../config/local.ts';
import type { StageConfig } from '../config/stage.ts';
import type { DeliverySettings } from '../lambda/shared/delivery-settings.ts';
import type { Route } from '../lambda/shared/routes.ts';
import { type Bridge, type BridgeOptions, startBridge } from '../local/bridge.ts';
import { assemblyOf, testRunFolder } from './assembly.ts';

export { setTimeout as delay } from 'node:timers/promises';
export { accounting } from '../local/traffic/accounting.ts';
export { post, postAtRate } from '../local/traffic/post.ts';
export { depth, drained, until } from '../local/traffic/wait.ts';

/** Settings that a scenario changes; everything else is the stage `local`. */
export interface ScenarioStage {
  readonly delivery?: Partial<DeliverySettings>;
  /** Timeout of the delivery function, seconds. */
  readonly timeoutSeconds?: number;
  /**
   * Visibility timeout of the events queue, seconds: what a crash leaves behind comes back after it.
   * @default that of a deployed stage, which is over a minute
   */
  readonly visibilitySeconds?: number;
  readonly routes?: StageConfig['routes'];
  /** How batches are gathered. */
  readonly batches?: Pick<
    Partial<StageConfig['deliveryFunction']>,
    'batchSize' | 'batchWindowSeconds'
  >;
  /** Memory of both functions, MB. */
  readonly memoryMB?: number;
}

/**
 * Routes of the stage `local` that never resolve an incident. The table of open incidents takes time
 * at each start of a function, which most scenarios do not need.
 */
const routesWithoutEnd = local.routes.map((route): Route => {
  if ('ignore' in route) return route;
  const { resolveAfterMinutes: _, ...rest } = route;
  return rest;
});

/** Update interval of a scenario, seconds: longer than most scenarios take. */
const UPDATE_INTERVAL_SECONDS = 30;

/**
 * The stage `local` with the scenario's settings. They may be smaller than a real stage allows. It
 * resolves incidents only if the scenario's own routes do.
 */
export function scenarioStage(scenario: ScenarioStage = {}): StageConfig {
  const { delivery, timeoutSeconds, routes, memoryMB, batches } = scenario;
  return {
    ...local,
    routes: routes ?? routesWithoutEnd,
    delivery: {
      ...local.delivery,
      updateIntervalSeconds: UPDATE_INTERVAL_SECONDS,
      ...delivery,
    },
    ingestFunction: {
      ...local.ingestFunction,
      memoryMB: memoryMB ?? local.ingestFunction.memoryMB,
    },
    deliveryFunction: {
      ...local.deliveryFunction,
      ...batches,
      memoryMB: memoryMB ?? local.deliveryFunction.memoryMB,
      timeoutSeconds: timeoutSeconds ?? local.deliveryFunction.timeoutSeconds,
    },
  };
}

/** Starts a bridge on free ports for one scenario. `start` may add the API or the console. */
export async function startScenario(
  scenario: ScenarioStage = {},
  options: BridgeOptions = {},
  start: (options: BridgeOptions) => Promise<Bridge> = startBridge,
): Promise<Bridge> {
  const stage = scenarioStage(scenario);
  const assembly =
    options.assembly ?? (testRunFolder() === undefined ? undefined : await assemblyOf(stage));
  const bridge = await start({
    throttle: false,
    ...options,
    ...(assembly === undefined ? {} : { assembly }),
    stage,
  });
  const { visibilitySeconds } = scenario;
  if (visibilitySeconds !== undefined) {
    await bridge.aws.queues.call('SetQueueAttributes', {
      QueueUrl: bridge.queue('events').url,
      Attributes: { VisibilityTimeout: String(visibilitySeconds) },
    });
  }
  return bridge;
}

/** A threshold event of the kind that Glasnostic documents. The threshold is 30. */
export function viewEvent(
  view: string,
  { environment = 'env-1', value = 42 }: { environment?: string; value?: number } = {},
): object {
  const time = new Date().toISOString();
  return {
    type: 'EVENT',
    time,
    environment: { id: environment, name: 'Online Boutique' },
    webhook: { id: 1, parameter: { domain: 'VIEWS', viewId: view, metric: 'requests' } },
    event: {
      time,
      domain: 'VIEWS',
      content: { metric: 'requests', threshold: 30, unit: 'r/s', value },
      view: { id: view, name: `View ${view}` },
    },
  };
}
