/** Fixtures of the delivery tests: messages, routes, keys, and a PagerDuty with scripted answers. */

import type { DeliveryContext } from '../../lambda/delivery/attempt.ts';
import { newInstanceState } from '../../lambda/delivery/instance.ts';
import { type Candidate, type QueuedMessage, takeIn } from '../../lambda/delivery/intake.ts';
import type {
  IntegrationKeys,
  IntegrationKeyResult,
} from '../../lambda/delivery/integration-keys.ts';
import { DEFAULT_DELIVERY_SETTINGS } from '../../lambda/delivery/settings.ts';
import type { TriggerEvent } from '../../lambda/pagerduty/event.ts';
import type { Outcome } from '../../lambda/pagerduty/outcome.ts';
import {
  type DeduplicatedEvents,
  withDeduplicated,
  writeEventMessage,
} from '../../lambda/shared/message.ts';
import { routeTable } from '../../lambda/shared/routes.ts';
import { thresholdBody } from './glasnostic.ts';

/** Time of the delivery tests, milliseconds since 1970. */
export const NOW = Date.parse('2026-03-01T12:00:00Z');

/** Environment `a` is the service `shop`, `b` the service `bank`; both have a key. */
export const ROUTES = routeTable([
  { environment: '*', view: 'ignored', ignore: true },
  {
    environment: 'a',
    service: 'shop',
    severity: { default: 'warning', over: [{ ratio: 2, severity: 'critical' }] },
  },
  { environment: 'b', service: 'bank', severity: 'error' },
  { environment: 'keyless', service: 'keyless' },
]);

/** The integration keys of the services. */
export const KEYS: Readonly<Record<string, string>> = {
  shop: 'shopKEY0123456789abcdefghijklmno',
  bank: 'bankKEY0123456789abcdefghijklmno',
};

/** Properties of a message that a test can set. */
export interface MessageOptions {
  readonly id?: string;
  readonly environment?: string;
  readonly view?: string;
  /** Above the threshold of 30. From 60 it is critical in environment `a`. */
  readonly value?: number;
  /** Time of the event, milliseconds since 1970. @default one second before {@link NOW} */
  readonly at?: number;
  /** Time at which ingest accepted it. @default the time of the event */
  readonly received?: number;
  /** Time at which it was sent to the queue. @default the time at which it was accepted */
  readonly sentAt?: number;
  readonly receiveCount?: number;
  /** Older events that a replay deduplicated into this one. */
  readonly deduplicated?: DeduplicatedEvents;
  readonly body?: string;
}

let count = 0;

/** A message of the events queue. Each has another ID. */
export function queued(options: MessageOptions = {}): QueuedMessage {
  const { environment = 'a', view = '4', value = 42, at = NOW - 1000, receiveCount = 1 } = options;
  const { deduplicated } = options;
  const received = options.received ?? at;
  count += 1;
  const { id = `m${String(count).padStart(6, '0')}` } = options;
  const event = thresholdBody({
    environment: { id: environment },
    content: { metric: 'requests', threshold: 30, unit: 'r/s', value },
    view: { id: view },
    time: new Date(at).toISOString(),
  });
  const meta = { receivedAt: new Date(received).toISOString(), requestId: `request-${id}` };
  const written = writeEventMessage(meta, JSON.stringify(event));
  return {
    messageId: id,
    receiptHandle: `receipt-${id}-${receiveCount}`,
    body:
      options.body ??
      (deduplicated === undefined ? written : withDeduplicated(written, deduplicated)),
    receiveCount,
    sentAt: options.sentAt ?? received,
    groupId: 'shop',
  };
}

/** A parsed and routed message. */
export function candidate(options: MessageOptions = {}): Candidate {
  const intake = takeIn(queued(options), ROUTES);
  if (intake.kind !== 'candidate') throw new Error(intake.undeliverable.detail);
  return intake.candidate;
}

/** Keys that a test can change during a batch. */
export interface FakeKeys extends IntegrationKeys {
  /** Content of the secret. */
  readonly secret: Map<string, string>;
  /** Content that the function has read. */
  readonly known: Map<string, string>;
  readonly rereads: string[];
  reread: IntegrationKeys['reread'];
}

/** The keys of {@link KEYS}. A change of the secret is visible only after `reread`. */
export function fakeKeys(): FakeKeys {
  const secret = new Map(Object.entries(KEYS));
  const known = new Map(secret);
  const rereads: string[] = [];
  const find = (service: string): IntegrationKeyResult => {
    const key = known.get(service);
    return key === undefined
      ? { kind: 'missing', detail: `Service ${service} has no integration key` }
      : { kind: 'key', key };
  };
  return {
    secret,
    known,
    rereads,
    keyOf: async (service) => find(service),
    reread: async (service) => {
      rereads.push(service);
      for (const [name, key] of secret) known.set(name, key);
      return find(service);
    },
  };
}

/** Outcomes by their name in the tests. */
export const OUTCOMES = {
  delivered: { kind: 'delivered', status: 202 },
  refused: { kind: 'rejected', status: 400, detail: '400 invalid event', aboutKey: false },
  keyRefused: { kind: 'rejected', status: 400, detail: '400 Invalid routing key', aboutKey: true },
  throttled: { kind: 'retry', cause: 'throttled', status: 429, detail: '429' },
  unavailable: { kind: 'retry', cause: 'unavailable', status: 503, detail: '503 down' },
  unreachable: { kind: 'retry', cause: 'unreachable', detail: 'ECONNREFUSED' },
} as const satisfies Record<string, Outcome>;

/** A context of delivery whose parts a test can read and change. */
export interface DeliveryBench {
  readonly context: DeliveryContext;
  readonly keys: FakeKeys;
  /** Events sent to PagerDuty, with their time. */
  readonly sent: { readonly event: TriggerEvent; readonly at: number }[];
  readonly views: () => (string | undefined)[];
  /** Advances the clock, milliseconds. */
  readonly wait: (milliseconds: number) => void;
}

/** Answers of the scripted PagerDuty. */
export type Script = (event: TriggerEvent, call: number) => Outcome | Promise<Outcome>;

/** View of a PagerDuty event. */
export function viewOf(event: TriggerEvent): string | undefined {
  return event.dedup_key.split(':')[2];
}

/** Delivery with a scripted PagerDuty, at {@link NOW}, with a `random` of 0.5. */
export function deliveryBench(
  script: Script = () => OUTCOMES.delivered,
  changes: Partial<DeliveryContext> = {},
): DeliveryBench {
  let now = NOW;
  const keys = fakeKeys();
  const sent: DeliveryBench['sent'] = [];
  return {
    keys,
    sent,
    views: () => sent.map(({ event }) => viewOf(event)),
    wait: (milliseconds) => {
      now += milliseconds;
    },
    context: {
      settings: DEFAULT_DELIVERY_SETTINGS,
      routes: ROUTES,
      keys,
      pagerDuty: async (event) => {
        sent.push({ event, at: now });
        return script(event, sent.length - 1);
      },
      consoleUrl: 'https://app.glasnostic.com',
      state: newInstanceState(),
      now: () => now,
      random: () => 0.5,
      ...changes,
    },
  };
}
