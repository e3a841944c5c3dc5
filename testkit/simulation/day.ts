import type { IntegrationKeys } from '../../lambda/delivery/integration-keys.ts';
import {
  DEFAULT_DELIVERY_SETTINGS,
  type DeliverySettings,
} from '../../lambda/delivery/settings.ts';
import { writeEventMessage } from '../../lambda/shared/message.ts';
import { routeTable } from '../../lambda/shared/routes.ts';
import { runUntilEmpty } from './bridge.ts';
import { virtualClock } from './clock.ts';
import { type Mode, pagerDutyModel, type SeenCall } from './pagerduty.ts';
import { queueModel } from './queue.ts';
import { seededRandom } from './random.ts';

const HOUR = 3_600_000;
const BEGIN = Date.parse('2026-01-01T00:00:00Z');

/** Events and settings of a simulation. */
export interface SimulatedLoad {
  readonly events: number;
  readonly incidents: number;
  readonly services: number;
  /** Of the random numbers. */
  readonly seed: number;
  /** @default a stage's defaults */
  readonly settings?: DeliverySettings;
}

/** An outage of PagerDuty, during which events arrive. */
export interface OutageDay extends SimulatedLoad {
  /** Duration. PagerDuty answers 503, hangs and resets connections for a third of it each. */
  readonly hours: number;
}

/** The outage that the bridge has to survive. */
export const WHOLE_DAY: OutageDay = {
  hours: 24,
  events: 20_000,
  incidents: 200,
  services: 5,
  seed: 1,
};

/** Result of a simulation. */
export interface SimulationResult {
  readonly calls: readonly SeenCall[];
  /** When each incident opened, in ascending order, milliseconds after the last event. */
  readonly opened: readonly number[];
  /** Calls accepted with an event older than one that PagerDuty already had. */
  readonly staleCalls: number;
  /** Calls answered 429. */
  readonly throttled: number;
  readonly delivered: number;
  readonly deduplicated: number;
  readonly deadLettered: number;
  /** Number of receives of all messages. */
  readonly received: number;
  /** Largest age of an event when it left the queue, milliseconds. */
  readonly oldestAge: number;
  /** Largest number of receives of one message. SQS's limit is 1,000. */
  readonly mostReceives: number;
}

/** Result of an outage. `opened` counts from the recovery. */
export interface OutageResult extends SimulationResult {
  readonly callsDuringOutage: number;
  readonly callsAfterOutage: number;
}

function bodyOf(incident: number, at: number, requestId: string): string {
  const time = new Date(at).toISOString();
  const view = { id: String(incident), name: `View ${incident}` };
  const event = {
    type: 'EVENT',
    time,
    environment: { id: 'YegltGN8vgAK8THi', name: 'Online Boutique' },
    webhook: { id: 1, parameter: { domain: 'VIEWS', viewId: view.id, metric: 'requests' } },
    event: {
      time,
      domain: 'VIEWS',
      content: { metric: 'requests', threshold: 30, unit: 'r/s', value: 42 },
      view,
    },
  };
  return writeEventMessage({ receivedAt: time, requestId }, JSON.stringify(event));
}

/** Every service has a key. */
const KEYS: IntegrationKeys = {
  keyOf: async (service) => ({ kind: 'key', key: service.padStart(32, '0') }),
  reread: async (service) => ({ kind: 'key', key: service.padStart(32, '0') }),
};

/**
 * Simulates two instances and events that arrive at a steady rate.
 *
 * @param duration milliseconds in which the events arrive
 * @param modeAt behaviour of PagerDuty, by the share of the duration that has passed
 */
export async function simulate(
  load: SimulatedLoad,
  duration: number,
  modeAt: (share: number) => Mode,
): Promise<SimulationResult> {
  const random = seededRandom(load.seed);
  const clock = virtualClock(BEGIN);
  const { settings = DEFAULT_DELIVERY_SETTINGS } = load;
  const queue = queueModel({ now: clock.now, visibilityTimeout: 360_000 });
  const pagerDuty = pagerDutyModel({
    clock,
    modeAt: (time) => modeAt((time - BEGIN) / duration),
    callsPerMinute: 120,
    callTimeout: settings.callTimeoutSeconds * 1000,
    latency: () => 50 + 200 * random(),
  });
  for (let index = 0; index < load.events; index += 1) {
    const at = BEGIN + Math.floor((index / load.events) * duration);
    queue.send(`m${index}`, bodyOf(index % load.incidents, at, `r${index}`), at);
  }
  const totals = { delivered: 0, deduplicated: 0, deadLettered: 0, oldestAge: 0, mostReceives: 0 };
  await runUntilEmpty({
    clock,
    queue,
    pagerDuty: pagerDuty.send,
    settings,
    random,
    keys: KEYS,
    routes: routeTable(
      Array.from({ length: load.incidents }, (_, incident) => ({
        environment: '*',
        view: String(incident),
        service: `service-${incident % load.services}`,
      })),
    ),
    onBatch: ({ processed }, tally) => {
      totals.delivered += tally.delivered;
      totals.deduplicated += tally.deduplicated;
      totals.deadLettered += tally.deadLettered;
      for (const { message, disposition } of processed) {
        totals.mostReceives = Math.max(totals.mostReceives, message.receiveCount);
        if (disposition.kind === 'waiting') continue;
        totals.oldestAge = Math.max(totals.oldestAge, clock.now() - message.sentAt);
      }
    },
  });
  const { calls } = pagerDuty;
  return { ...totals, ...readCalls(calls, BEGIN + duration), received: queue.received(), calls };
}

/** Simulates an outage of PagerDuty. The first event arrives as it begins, the last as it ends. */
export async function simulateOutage(day: OutageDay): Promise<OutageResult> {
  const modes: readonly Mode[] = ['unavailable', 'hanging', 'resetting'];
  const end = BEGIN + day.hours * HOUR;
  const result = await simulate(
    day,
    day.hours * HOUR,
    (share) => modes[Math.floor(share * modes.length)] ?? 'up',
  );
  const during = result.calls.filter(({ at }) => at < end).length;
  return {
    ...result,
    callsDuringOutage: during,
    callsAfterOutage: result.calls.length - during,
  };
}

function readCalls(
  calls: readonly SeenCall[],
  end: number,
): Pick<SimulationResult, 'opened' | 'staleCalls' | 'throttled'> {
  const opened = new Map<string, number>();
  const newest = new Map<string, string>();
  let staleCalls = 0;
  for (const { at, key, dedupKey, outcome, receivedAt } of calls) {
    if (outcome !== 'delivered') continue;
    const incident = `${key} ${dedupKey}`;
    if (!opened.has(incident)) opened.set(incident, at - end);
    const known = newest.get(incident) ?? '';
    if (receivedAt < known) staleCalls += 1;
    else newest.set(incident, receivedAt);
  }
  return {
    opened: [...opened.values()].toSorted((a, b) => a - b),
    staleCalls,
    throttled: calls.filter(({ status }) => status === 429).length,
  };
}
