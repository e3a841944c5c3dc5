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

/** Size of a simulated outage. */
export interface OutageDay {
  /** How long PagerDuty is down: a third each of 503, hanging and reset connections. Hours. */
  readonly hours: number;
  readonly events: number;
  readonly incidents: number;
  readonly services: number;
  readonly seed: number;
  /** @default a stage's defaults */
  readonly settings?: DeliverySettings;
}

/** The day that the delivery contract speaks of. */
export const WHOLE_DAY: OutageDay = {
  hours: 24,
  events: 20_000,
  incidents: 200,
  services: 5,
  seed: 1,
};

/** What became of a simulated outage. Times in milliseconds. */
export interface OutageResult {
  readonly calls: readonly SeenCall[];
  readonly callsDuringOutage: number;
  readonly callsAfterOutage: number;
  /** After recovery, when each incident opened, ascending. */
  readonly opened: readonly number[];
  /** Calls accepted that said what was older than what PagerDuty had already been told. */
  readonly staleCalls: number;
  readonly throttled: number;
  readonly delivered: number;
  readonly deduplicated: number;
  readonly deadLettered: number;
  /** Messages handed out, counting each time. */
  readonly received: number;
  /** Age of the oldest event when it left the queue, delivered or deduplicated. */
  readonly oldestAge: number;
  /** Most often that one event was received; SQS's own limit is 1,000. */
  readonly mostReceives: number;
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

/** Keys that are always there. */
const KEYS: IntegrationKeys = {
  keyOf: async (service) => ({ kind: 'key', key: service.padStart(32, '0') }),
  reread: async (service) => ({ kind: 'key', key: service.padStart(32, '0') }),
};

/**
 * Simulates an outage of PagerDuty with two instances, and events that come in all the time: the
 * first as the outage begins, the last as it ends.
 */
export async function simulateOutage(day: OutageDay): Promise<OutageResult> {
  const begin = Date.parse('2026-01-01T00:00:00Z');
  const end = begin + day.hours * HOUR;
  const modes: readonly Mode[] = ['unavailable', 'hanging', 'resetting'];
  const modeAt = (time: number): Mode =>
    modes[Math.floor(((time - begin) / (end - begin)) * modes.length)] ?? 'up';
  const random = seededRandom(day.seed);
  const clock = virtualClock(begin);
  const { settings = DEFAULT_DELIVERY_SETTINGS } = day;
  const queue = queueModel({ now: clock.now, visibilityTimeout: 360_000 });
  const pagerDuty = pagerDutyModel({
    clock,
    modeAt,
    callsPerMinute: 120,
    callTimeout: settings.callTimeoutSeconds * 1000,
    latency: () => 50 + 200 * random(),
  });
  for (let index = 0; index < day.events; index += 1) {
    const at = begin + Math.floor((index / day.events) * (end - begin));
    queue.send(`m${index}`, bodyOf(index % day.incidents, at, `r${index}`), at);
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
      Array.from({ length: day.incidents }, (_, incident) => ({
        environment: '*',
        view: String(incident),
        service: `service-${incident % day.services}`,
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
  return { ...totals, ...readCalls(calls, end), received: queue.received(), calls };
}

function readCalls(
  calls: readonly SeenCall[],
  end: number,
): Pick<
  OutageResult,
  'callsDuringOutage' | 'callsAfterOutage' | 'opened' | 'staleCalls' | 'throttled'
> {
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
  const during = calls.filter(({ at }) => at < end).length;
  return {
    callsDuringOutage: during,
    callsAfterOutage: calls.length - during,
    opened: [...opened.values()].toSorted((a, b) => a - b),
    staleCalls,
    throttled: calls.filter(({ status }) => status === 429).length,
  };
}
