import { Agent, request } from 'node:http';

import { local } from '../../config/local.ts';
import type { StageConfig } from '../../config/stage.ts';
import type { DeliverySettings } from '../../lambda/delivery/settings.ts';
import { type Bridge, type BridgeOptions, startBridge } from '../../local/bridge.ts';

/** Settings that a scenario changes; everything else is the stage `local`. */
export interface ScenarioStage {
  readonly delivery?: Partial<DeliverySettings>;
  /** Time-out of the delivery function, seconds; the visibility time-out is six times this. */
  readonly timeoutSeconds?: number;
  readonly routes?: StageConfig['routes'];
  /** How batches are gathered. */
  readonly batches?: Pick<
    Partial<StageConfig['deliveryFunction']>,
    'batchSize' | 'batchWindowSeconds'
  >;
  /** Memory of both functions, MB. */
  readonly memoryMB?: number;
}

/** The stage `local` with the scenario's settings. They may be smaller than a real stage allows. */
export function scenarioStage(scenario: ScenarioStage = {}): StageConfig {
  const { delivery, timeoutSeconds, routes, memoryMB, batches } = scenario;
  return {
    ...local,
    routes: routes ?? local.routes,
    delivery: { ...local.delivery, ...delivery },
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

/** Starts a bridge on free ports for one scenario. */
export async function startScenario(
  scenario: ScenarioStage = {},
  options: BridgeOptions = {},
): Promise<Bridge> {
  return startBridge({ throttle: false, ...options, stage: scenarioStage(scenario) });
}

/** A threshold event of the kind that Glasnostic documents. */
export function viewEvent(view: string, more: Readonly<Record<string, unknown>> = {}): object {
  const time = new Date().toISOString();
  return {
    type: 'EVENT',
    time,
    environment: { id: 'env-1', name: 'Online Boutique' },
    webhook: { id: 1, parameter: { domain: 'VIEWS', viewId: view, metric: 'requests' } },
    event: {
      time,
      domain: 'VIEWS',
      content: { metric: 'requests', threshold: 30, unit: 'r/s', value: 42, ...more },
      view: { id: view, name: `View ${view}` },
    },
  };
}

/** A storm uses few connections, as one sender does. */
const sender = new Agent({ keepAlive: true, maxSockets: 32 });

/** Posts an event; resolves to the status. */
export async function post(bridge: Pick<Bridge, 'webhookUrl'>, event: object): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    request(bridge.webhookUrl, { method: 'POST', agent: sender, headers }, (response) => {
      response.resume().on('end', () => {
        resolve(response.statusCode ?? 0);
      });
    })
      .on('error', reject)
      .end(JSON.stringify(event));
  });
}

async function countStatus(
  bridge: Pick<Bridge, 'webhookUrl'>,
  event: object,
  statuses: Record<number, number>,
): Promise<void> {
  const status = await post(bridge, event);
  statuses[status] = (statuses[status] ?? 0) + 1;
}

/** Posts events at a steady rate; resolves to how often each status was answered. */
export async function postAtRate(
  bridge: Pick<Bridge, 'webhookUrl'>,
  events: Iterable<object>,
  perSecond: number,
): Promise<Readonly<Record<number, number>>> {
  const statuses: Record<number, number> = {};
  const underWay = new Set<Promise<void>>();
  const begin = Date.now();
  let sent = 0;
  for (const event of events) {
    const due = begin + (sent * 1000) / perSecond;
    const early = due - Date.now();
    if (early > 2) await delay(early);
    const one = countStatus(bridge, event, statuses).finally(() => underWay.delete(one));
    underWay.add(one);
    sent += 1;
  }
  await Promise.all(underWay);
  return statuses;
}

/** Lets time pass; for load, never to wait for a result. */
export async function delay(milliseconds: number): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

/**
 * Waits until a condition holds.
 *
 * @throws Error with what `state` says when it does not hold in time
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  options: { readonly seconds: number; readonly state?: () => unknown },
): Promise<void> {
  const deadline = Date.now() + options.seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > deadline) {
      const state = JSON.stringify(await options.state?.());
      throw new Error(`Not within ${options.seconds} s: ${condition.toString()} ${state ?? ''}`);
    }
    await delay(25);
  }
}

/** How many messages are in a queue, whatever their state. */
export async function depth(bridge: Bridge, role: 'events' | 'deadLetters'): Promise<number> {
  const { ready, inFlight, delayed } = await bridge.inspect(role);
  return ready.length + inFlight.length + delayed.length;
}

/** Waits until no event waits any more. */
export async function drained(bridge: Bridge, seconds: number): Promise<void> {
  await until(async () => (await depth(bridge, 'events')) === 0, {
    seconds,
    state: async () => ({ ...bridge.journal.counters(), events: await depth(bridge, 'events') }),
  });
}

/** The law of conservation, as the functions counted it. */
export async function accounting(bridge: Bridge): Promise<{
  readonly accepted: number;
  readonly delivered: number;
  readonly deduplicated: number;
  readonly deadLettered: number;
  readonly waiting: number;
  readonly lost: number;
}> {
  const counters = bridge.journal.counters();
  const of = (name: string): number => counters[name] ?? 0;
  const accepted = of('EventsAccepted');
  const delivered = of('EventsDelivered');
  const deduplicated = of('EventsDeduplicated');
  const deadLettered = of('EventsDeadLettered');
  const waiting = await depth(bridge, 'events');
  const lost = accepted - delivered - deduplicated - deadLettered - waiting;
  return { accepted, delivered, deduplicated, deadLettered, waiting, lost };
}
