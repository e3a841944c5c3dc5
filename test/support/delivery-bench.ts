/** Delivery with a scripted PagerDuty and a clock that a test moves. */

import type { DeliveryContext } from '../../lambda/delivery/batch-run.ts';
import { newInstanceState } from '../../lambda/delivery/instance-state.ts';
import { DEFAULT_DELIVERY_SETTINGS } from '../../lambda/shared/delivery-settings.ts';
import type { ResolveEvent, TriggerEvent } from '../../lambda/pagerduty/event.ts';
import type { Outcome } from '../../lambda/pagerduty/outcome.ts';
import { type FakeKeys, fakeKeys, NOW, ROUTES } from './delivery-fixtures.ts';

/** Outcomes of calls, by the names that the tests use. */
export const OUTCOMES = {
  delivered: { kind: 'delivered', status: 202 },
  refused: { kind: 'rejected', status: 400, detail: '400 invalid event', aboutKey: false },
  keyRefused: { kind: 'rejected', status: 400, detail: '400 Invalid routing key', aboutKey: true },
  throttled: { kind: 'retry', cause: 'throttled', status: 429, detail: '429' },
  unavailable: { kind: 'retry', cause: 'unavailable', status: 503, detail: '503 down' },
  unanswered: { kind: 'retry', cause: 'unanswered', detail: 'no answer in time' },
  unreachable: { kind: 'retry', cause: 'unreachable', detail: 'ECONNREFUSED' },
} as const satisfies Record<string, Outcome>;

/** A context of delivery whose parts a test can look at and change. */
export interface DeliveryBench {
  readonly context: DeliveryContext;
  readonly keys: FakeKeys;
  /** The calls about events: when each began, and its event. */
  readonly sent: { readonly event: TriggerEvent; readonly at: number }[];
  /** When each check of a key began, milliseconds since 1970. */
  readonly checks: number[];
  /** The calls that resolve an incident: when each began, and its event. */
  readonly resolves: { readonly event: ResolveEvent; readonly at: number }[];
  /** The views of the calls about events. */
  readonly views: () => (string | undefined)[];
  /** Moves the clock, milliseconds. */
  readonly wait: (milliseconds: number) => void;
}

/** Answers of a scripted PagerDuty to events. */
export type Script = (event: TriggerEvent, call: number) => Outcome | Promise<Outcome>;

/** Settings of {@link deliveryBench}. */
export interface BenchOptions extends Partial<DeliveryContext> {
  /** Answers to checks of a key. @default delivered */
  readonly check?: (check: number) => Outcome | Promise<Outcome>;
  /** Answers to calls that resolve an incident. @default delivered */
  readonly resolve?: (event: ResolveEvent, call: number) => Outcome | Promise<Outcome>;
}

/** Begin of the dedup key of a check, which no incident has. */
const CHECK = 'glasnostic-bridge:';

/** The view of a PagerDuty event. */
export function viewOf(event: TriggerEvent): string | undefined {
  return event.dedup_key.split(':')[2];
}

/**
 * Delivery with a PagerDuty that answers by script, at {@link NOW}, with a `random` of one half. The
 * instance has run for an hour.
 */
export function deliveryBench(
  script: Script = () => OUTCOMES.delivered,
  {
    check = () => OUTCOMES.delivered,
    resolve = () => OUTCOMES.delivered,
    ...changes
  }: BenchOptions = {},
): DeliveryBench {
  let now = NOW;
  const keys = fakeKeys();
  const sent: DeliveryBench['sent'] = [];
  const checks: number[] = [];
  const resolves: DeliveryBench['resolves'] = [];
  return {
    keys,
    sent,
    checks,
    resolves,
    views: () => sent.map(({ event }) => viewOf(event)),
    wait: (milliseconds) => {
      now += milliseconds;
    },
    context: {
      settings: DEFAULT_DELIVERY_SETTINGS,
      routes: ROUTES,
      keys,
      pagerDuty: async (event) => {
        if (event.event_action === 'trigger') {
          sent.push({ event, at: now });
          return script(event, sent.length - 1);
        }
        if (event.dedup_key.startsWith(CHECK)) {
          checks.push(now);
          return check(checks.length - 1);
        }
        resolves.push({ event, at: now });
        return resolve(event, resolves.length - 1);
      },
      consoleUrl: 'https://app.glasnostic.com',
      state: newInstanceState(NOW - 3_600_000),
      now: () => now,
      random: () => 0.5,
      ...changes,
    },
  };
}

/**
 * A second instance: the same queue, keys and PagerDuty, and a state of its own.
 *
 * @param skew how far its clock is ahead, milliseconds
 */
export function otherInstance(bench: DeliveryBench, skew = 0): DeliveryBench {
  const { context } = bench;
  return {
    ...bench,
    context: {
      ...context,
      state: newInstanceState(NOW - 3_600_000),
      now: () => context.now() + skew,
    },
  };
}
