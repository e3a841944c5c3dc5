/**
 * Simulates delivery on a virtual clock: events that come in at given times, two instances, an SQS
 * queue and a PagerDuty that can misbehave. Everything but the delivery code is a model.
 */

import type { ProcessedMessage } from '../../lambda/delivery/disposition.ts';
import { batchMetrics } from '../../lambda/delivery/report.ts';
import type { MetricValues } from '../../lambda/shared/metrics.ts';
import {
  type IntegrationKeys,
  integrationKeys,
  parseIntegrationKeysSecret,
} from '../../lambda/delivery/keys/integration-keys.ts';
import {
  DEFAULT_DELIVERY_SETTINGS,
  type DeliverySettings,
} from '../../lambda/shared/delivery-settings.ts';
import type { PagerDutyEvent } from '../../lambda/pagerduty/event.ts';
import { replayBody, TICK_BODY, writeEventMessage } from '../../lambda/shared/message.ts';
import type { OpenIncident } from '../../lambda/shared/open-incident.ts';
import { routeTable, type Severity } from '../../lambda/shared/routes.ts';
import { cached, SECRET_TIME_TO_LIVE } from '../../lambda/shared/secret.ts';
import { type Crash, runUntilEmpty, type SimulatedBridge } from './bridge.ts';
import { virtualClock } from './clock.ts';
import { type ResolveScenario, simulatedTable } from './simulated-table.ts';
import type { SeenClaim } from './open-incidents.ts';
import { type Mode, pagerDutyModel, type SeenCall } from './pagerduty.ts';
import { queueModel } from './queue.ts';
import { seededRandom } from './random.ts';

/** When every simulation begins, milliseconds since 1970. */
export const BEGIN = Date.parse('2026-01-01T00:00:00Z');

/** Time between two ticks, milliseconds. */
const TICK = 60_000;

/** One event of a load. */
export interface LoadEvent {
  /** When ingest accepts it, milliseconds after {@link BEGIN}. */
  readonly at: number;
  /** PagerDuty service, with a key of its own. */
  readonly service: string;
  readonly view: number;
  /** @default 'warning' */
  readonly severity?: Severity;
  /** Whether a limit was reached, and not a threshold exceeded. @default false */
  readonly isLimit?: boolean;
}

/** A load and how the world behaves under it. Times in milliseconds after {@link BEGIN}. */
export interface Scenario {
  readonly events: readonly LoadEvent[];
  readonly seed: number;
  readonly settings?: Partial<DeliverySettings>;
  /** @default 'up' */
  readonly modeAt?: (time: number, event: PagerDutyEvent) => Mode;
  /** Text of the secret of the integration keys at a time. @default a key for each service */
  readonly secretAt?: (time: number) => string;
  /** Whether the secret can be read. @default always */
  readonly isSecretUp?: (time: number) => boolean;
  /** How long PagerDuty takes to answer. @default 50 to 250 ms */
  readonly latency?: (random: () => number) => number;
  /** Seconds. */
  readonly retryAfter?: number;
  /** When all dead letters are put back on the queue. @default never */
  readonly replayAt?: readonly number[];
  readonly timeout?: number;
  readonly batchSize?: number;
  readonly batchWindow?: number;
  readonly lateness?: (random: () => number) => number;
  readonly skew?: (instance: number) => number;
  readonly crash?: (random: () => number) => Crash | undefined;
  readonly replacedAt?: readonly number[];
  /** Share of the entries of batch calls, and of deletions, that fail. @default none */
  readonly trouble?: number;
  /** When an instance dies in a batch, milliseconds after the batch began. @default never */
  readonly diesAfter?: (random: () => number) => number | undefined;
  /** Resolves incidents after a quiet time. @default no route resolves */
  readonly resolves?: ResolveScenario;
  /** Ticks are sent once per minute until then. @default as {@link resolves} says */
  readonly ticksUntil?: number;
  /** Called with the metrics of each batch, and the time in milliseconds since 1970. */
  readonly onMetrics?: (at: number, metrics: MetricValues) => void;
}

/** An event of a load, and how it ended. */
export interface SimulatedEvent extends LoadEvent {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly acceptedAt: number;
}

/** A dead letter that is left at the end. */
export interface SimulatedDeadLetter {
  readonly id: string;
  readonly reason: string;
  /** Events that it says it stands for, itself not among them. */
  readonly standsFor: number;
}

/** Result of a simulation. */
export interface Simulation {
  readonly events: ReadonlyMap<string, SimulatedEvent>;
  readonly calls: readonly SeenCall[];
  readonly deadLetters: readonly SimulatedDeadLetter[];
  /** How each message ended, in order; a message that was replayed has another ID each time. */
  readonly ends: readonly { readonly id: string; readonly kind: string; readonly at: number }[];
  /** The original event of a replayed message. */
  readonly originalOf: (messageId: string) => string;
  /** Messages handed out, counting each time. */
  readonly received: number;
  /** Most often that one message was received. */
  readonly mostReceives: number;
  /** Most messages in the queue at once that had been received before. */
  readonly mostWaiting: number;
  readonly batches: number;
  /** Entries of batch calls that deferred a message. */
  readonly deferrals: number;
  /** Requests to SQS: of ingest, of Lambda's poller when it receives messages, and of delivery. */
  readonly requests: number;
  readonly settings: DeliverySettings;
  /** Claims of incidents that were due; none without {@link Scenario.resolves}. */
  readonly claims: readonly SeenClaim[];
  /** Incidents that are in the table at the end. */
  readonly openIncidents: readonly OpenIncident[];
  /** Operations of the table that failed. */
  readonly failedOperations: number;
}

/** The integration key of a service in every simulation that names no secret. */
export function keyOf(service: string, version = 1): string {
  return `${service}v${version}`.padEnd(32, '0');
}

const VALUES: Readonly<Record<Severity, number>> = {
  info: 31,
  warning: 46,
  error: 61,
  critical: 91,
};

const SEVERITY_RULE = {
  default: 'info',
  over: [
    { ratio: 1.5, severity: 'warning' },
    { ratio: 2, severity: 'error' },
    { ratio: 3, severity: 'critical' },
  ],
} as const;

function bodyOf(
  { at, service, view, severity = 'warning', isLimit = false }: LoadEvent,
  id: string,
) {
  const time = new Date(BEGIN + at).toISOString();
  const bound = isLimit ? { limit: 30 } : { threshold: 30 };
  const event = {
    type: 'EVENT',
    time,
    environment: { id: service },
    webhook: { id: 1, eventType: isLimit ? 'LIMIT' : 'THRESHOLD', parameter: { domain: 'VIEWS' } },
    event: {
      time,
      domain: 'VIEWS',
      content: { metric: 'requests', ...bound, unit: 'r/s', value: VALUES[severity] },
      view: { id: String(view), name: `View ${view}` },
    },
  };
  return writeEventMessage({ receivedAt: time, requestId: id }, JSON.stringify(event));
}

function secretReader(scenario: Scenario, services: readonly string[]) {
  const all = JSON.stringify(Object.fromEntries(services.map((name) => [name, keyOf(name)])));
  const { secretAt = () => all, isSecretUp = () => true } = scenario;
  return (clock: { readonly now: () => number }) =>
    (now: () => number): IntegrationKeys =>
      integrationKeys(
        cached({
          read: async () => {
            const time = clock.now() - BEGIN;
            if (!isSecretUp(time)) throw new Error('Secrets Manager is down');
            return parseIntegrationKeysSecret(secretAt(time));
          },
          timeToLive: SECRET_TIME_TO_LIVE,
          refreshInterval: 1_000,
          now,
          onStale: () => undefined,
        }),
      );
}

/** Runs a scenario to its end: until every event has ended. */
export async function simulate(scenario: Scenario): Promise<Simulation> {
  const settings = { ...DEFAULT_DELIVERY_SETTINGS, ...scenario.settings };
  const random = seededRandom(scenario.seed);
  const chance = seededRandom(scenario.seed + 1);
  const clock = virtualClock(BEGIN);
  const services = [...new Set(scenario.events.map(({ service }) => service))];
  const { timeout = 60_000, batchWindow = 0, trouble = 0, modeAt = () => 'up' } = scenario;
  const fails = (): boolean => chance() < trouble;
  const queue = queueModel({
    now: clock.now,
    visibilityTimeout: 6 * timeout + batchWindow + 60_000,
    fails,
  });
  const { latency = (number: () => number) => 50 + 200 * number() } = scenario;
  const pagerDuty = pagerDutyModel({
    clock,
    modeAt: (time, event) => modeAt(time - BEGIN, event),
    callsPerMinute: settings.callsPerMinute,
    callTimeout: settings.callTimeoutSeconds * 1000,
    latency: () => latency(random),
    ...(scenario.retryAfter === undefined ? {} : { retryAfter: scenario.retryAfter }),
  });
  const events = new Map<string, SimulatedEvent>();
  for (const [index, event] of scenario.events.entries()) {
    const id = `m${index}`;
    events.set(id, { ...event, id, acceptedAt: BEGIN + event.at });
    queue.send(id, bodyOf(event, id), BEGIN + event.at);
  }
  const { resolves } = scenario;
  const { ticksUntil = resolves?.ticksUntil ?? 0 } = scenario;
  for (let at = TICK; at <= ticksUntil; at += TICK) {
    queue.send(`tick${at}`, TICK_BODY, BEGIN + at);
  }
  const table = simulatedTable({ clock, chance, settings, begin: BEGIN, scenario: resolves });
  const quietTime = resolves === undefined ? {} : { resolveAfterMinutes: resolves.afterMinutes };
  const originals = new Map<string, string>();
  const replayAll = async (at: number): Promise<void> => {
    await clock.sleep(at);
    for (const [index, { message }] of queue.takeDeadLetters().entries()) {
      const id = `r${at}-${index}`;
      originals.set(id, originals.get(message.messageId) ?? message.messageId);
      queue.send(id, replayBody(message.body), clock.now());
    }
  };
  for (const at of scenario.replayAt ?? []) {
    queue.expectUntil(BEGIN + at + 1);
    void replayAll(at);
  }
  const ends: { id: string; kind: string; at: number }[] = [];
  const totals = { batches: 0, deferrals: 0, requests: 0, mostReceives: 0, mostWaiting: 0 };
  totals.requests = scenario.events.length;
  const bridge: SimulatedBridge = {
    clock,
    queue,
    pagerDutyOf: pagerDuty.clientOf,
    settings,
    random,
    timeout,
    batchWindow,
    keys: secretReader(scenario, services)(clock),
    routes: routeTable(
      services.map((service) =>
        Object.assign({ environment: service, service, severity: SEVERITY_RULE }, quietTime),
      ),
    ),
    deleteFails: fails,
    ...(scenario.batchSize === undefined ? {} : { batchSize: scenario.batchSize }),
    ...(scenario.skew === undefined ? {} : { skew: scenario.skew }),
    ...(scenario.replacedAt === undefined
      ? {}
      : { replacedAt: scenario.replacedAt.map((at) => BEGIN + at) }),
    lateness: () => scenario.lateness?.(random) ?? 0,
    crash: () => scenario.crash?.(chance),
    diesAfter: () => scenario.diesAfter?.(chance),
    openIncidents: resolves === undefined ? undefined : () => table.openIncidents,
    onBatch: (report, tally, levels) => {
      const { processed } = report;
      scenario.onMetrics?.(clock.now(), batchMetrics(report, tally, levels));
      totals.batches += 1;
      totals.mostWaiting = Math.max(totals.mostWaiting, queue.waiting());
      const kept = processed.filter(({ disposition }) => disposition.kind === 'waiting').length;
      // One receive, one deletion of what ended, and ten deferrals per call.
      totals.requests += 1 + (kept < processed.length ? 1 : 0) + Math.ceil(kept / 10);
      for (const { message, disposition } of processed) {
        totals.mostReceives = Math.max(totals.mostReceives, message.receiveCount);
        if (disposition.kind === 'waiting') totals.deferrals += 1;
        else ends.push({ id: message.messageId, kind: disposition.kind, at: clock.now() });
      }
    },
  };
  await runUntilEmpty(bridge);
  return {
    ...totals,
    events,
    calls: pagerDuty.calls,
    deadLetters: queue.deadLetters().map(deadLetterOf),
    ends,
    originalOf: (id) => originals.get(id) ?? id,
    received: queue.received(),
    settings,
    claims: table.claims,
    openIncidents: [...table.incidents.values()],
    failedOperations: table.failedOperations(),
  };
}

function deadLetterOf({ message, disposition }: ProcessedMessage): SimulatedDeadLetter {
  if (disposition.kind !== 'deadLetter') throw new Error('Not a dead letter.');
  const { reason, standsFor } = disposition;
  return { id: message.messageId, reason, standsFor: standsFor?.count ?? 0 };
}
