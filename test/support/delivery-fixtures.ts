/** Messages, routes and integration keys for the tests of delivery. */

import {
  type Candidate,
  type QueuedMessage,
  readCandidate,
} from '../../lambda/delivery/candidate.ts';
import type {
  IntegrationKeys,
  IntegrationKeyResult,
} from '../../lambda/delivery/keys/integration-keys.ts';
import { TEST_MARK } from '../../lambda/glasnostic/event.ts';
import type { Levels } from '../../lambda/delivery/levels.ts';
import {
  type DeduplicatedEvents,
  replayBody,
  writeEventMessage,
} from '../../lambda/shared/message.ts';
import { routeTable } from '../../lambda/shared/routes.ts';
import { thresholdBody } from './glasnostic.ts';

/** Levels when nothing waits. */
export const NO_LEVELS: Levels = { oldestPage: 0, waitingForPagerDuty: 0, waitingForKey: 0 };

/** When the tests of delivery take place, milliseconds since 1970. */
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

/** The fields of a message that a test sets; the others are the same for all. */
export interface MessageOptions {
  readonly id?: string;
  readonly environment?: string;
  readonly view?: string;
  /** Whether a limit was reached, instead of a threshold exceeded. @default false */
  readonly isLimit?: boolean;
  /** Whether it has the mark of `send --test`. @default false */
  readonly isTest?: boolean;
  /** Above the threshold of 30; from 60 on it is critical in environment `a`. */
  readonly value?: number;
  /** When it happened and was accepted, milliseconds since 1970. @default one second ago */
  readonly at?: number;
  /** When ingest accepted it. @default when it happened */
  readonly received?: number;
  /** When it was put on the queue. @default when it was accepted */
  readonly sentAt?: number;
  readonly receiveCount?: number;
  /** Older events that a replay deduplicated into it; makes it a replay. */
  readonly deduplicated?: DeduplicatedEvents;
  /** Whether it is a dead letter that was put back. @default false */
  readonly isReplay?: boolean;
  readonly body?: string;
}

let count = 0;

/** A message of the events queue; each has another ID. */
export function queued(options: MessageOptions = {}): QueuedMessage {
  const { environment = 'a', view = '4', value = 42, at = NOW - 1000, receiveCount = 1 } = options;
  const { isLimit = false, deduplicated, isReplay = deduplicated !== undefined } = options;
  const received = options.received ?? at;
  count += 1;
  const { id = `m${String(count).padStart(6, '0')}` } = options;
  const event = thresholdBody({
    environment: { id: environment },
    content: {
      metric: 'requests',
      ...(isLimit ? { limit: 30 } : { threshold: 30 }),
      unit: 'r/s',
      value,
    },
    view: { id: view },
    time: new Date(at).toISOString(),
    more: options.isTest === true ? { [TEST_MARK]: true } : {},
  });
  const meta = { receivedAt: new Date(received).toISOString(), requestId: `request-${id}` };
  const written = writeEventMessage(meta, JSON.stringify(event));
  return {
    messageId: id,
    receiptHandle: `receipt-${id}-${receiveCount}`,
    body: options.body ?? (isReplay ? replayBody(written, deduplicated) : written),
    receiveCount,
    sentAt: options.sentAt ?? received,
    groupId: 'shop',
  };
}

/** A message that was parsed and routed. */
export function candidate(options: MessageOptions = {}, routes = ROUTES): Candidate {
  const read = readCandidate(queued(options), routes);
  if (read.kind !== 'candidate') throw new Error(read.undeliverable.detail);
  return read.candidate;
}

/** Integration keys that a test can change while a batch is under way. */
export interface FakeKeys extends IntegrationKeys {
  /** The keys in the secret. */
  readonly secret: Map<string, string>;
  /** The keys that delivery has read from it. */
  readonly known: Map<string, string>;
  /** Services whose key was read again, in order. */
  readonly rereads: string[];
  reread: IntegrationKeys['reread'];
}

/** The keys of {@link KEYS}. A change in the secret is seen only when the keys are read again. */
export function fakeKeys(): FakeKeys {
  const secret = new Map(Object.entries(KEYS));
  const known = new Map(secret);
  const rereads: string[] = [];
  const find = (service: string): IntegrationKeyResult => {
    const key = known.get(service);
    return key === undefined
      ? {
          kind: 'missing',
          detail: `Service ${service} has no integration key`,
          isMalformed: false,
        }
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
