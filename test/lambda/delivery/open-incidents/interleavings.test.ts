import { describe, expect, test } from '@jest/globals';

import type { DeliveryContext } from '../../../../lambda/delivery/batch-run.ts';
import type { QueuedMessage } from '../../../../lambda/delivery/candidate.ts';
import { deliverBatch } from '../../../../lambda/delivery/deliver.ts';
import { newInstanceState } from '../../../../lambda/delivery/instance-state.ts';
import { keyIdOf } from '../../../../lambda/shared/key-id.ts';
import { DEFAULT_DELIVERY_SETTINGS } from '../../../../lambda/shared/delivery-settings.ts';
import { TICK_BODY } from '../../../../lambda/shared/message.ts';
import { claimDuration } from '../../../../lambda/shared/open-incident.ts';
import { routeTable } from '../../../../lambda/shared/routes.ts';
import { everyInterleaving, type Schedule } from '../../../../testkit/simulation/interleavings.ts';
import { openIncidentsModel } from '../../../../testkit/simulation/open-incidents.ts';
import { OUTCOMES } from '../../../support/delivery-bench.ts';
import { fakeKeys, KEYS, NOW, queued } from '../../../support/delivery-fixtures.ts';

const settings = DEFAULT_DELIVERY_SETTINGS;
const LEASE = claimDuration(settings);
const INCIDENT = 'shop glasnostic:a:4:requests';
const ROUTES = routeTable([{ environment: 'a', service: 'shop', resolveAfterMinutes: 30 }]);

/** What an instance does, one batch after the other. */
type Work = 'event' | 'tick' | 'operator' | 'dies in a tick';

interface Case {
  readonly instances: readonly (readonly Work[])[];
  /** True if the instances remember that they notified PagerDuty of the incident. */
  readonly isNotified?: boolean;
  /** True if the incident is due at the beginning. @default true */
  readonly isDue?: boolean;
}

/** What PagerDuty took, and what the operator did, in order. */
interface Happened {
  readonly what: 'trigger' | 'resolve' | 'operator';
  /** How much had happened when its batch began. */
  readonly beganAfter: number;
}

/** Two instances, one table and one PagerDuty, whose every step waits for the schedule. */
function world(given: Case, schedule: Schedule) {
  let now = NOW;
  let isFree = false;
  const happened: Happened[] = [];
  const waiting: QueuedMessage[] = [];
  const model = openIncidentsModel(LEASE);
  const due = given.isDue === false ? NOW + 60_000 : NOW - 1;
  const opened = NOW - 3_600_000;
  const keyId = keyIdOf(KEYS['shop'] ?? '');
  const step = async <T>(action: () => T, name: string): Promise<T> => {
    if (isFree || name === 'recordSeverity') return action();
    return schedule.step(() => {
      now += 1;
      return action();
    }, name);
  };
  const table = model.seenThrough(step);
  const free = model.seenThrough(async (action) => action());
  const contextOf = (life: Life): DeliveryContext => ({
    settings,
    routes: ROUTES,
    keys: fakeKeys(),
    consoleUrl: 'https://app.glasnostic.com',
    state: newInstanceState(NOW - 3_600_000),
    now: () => now,
    random: () => 0.5,
    openIncidents: table,
    pagerDuty: async ({ event_action: action }) => {
      await step(() => happened.push({ what: action, beganAfter: life.batchBegan }), action);
      if (action === 'resolve' && life.diesAfterResolve) {
        life.die();
        return new Promise(() => undefined);
      }
      return OUTCOMES.delivered;
    },
  });
  const deliver = async (message: QueuedMessage, context: DeliveryContext): Promise<void> => {
    const { processed } = await deliverBatch([message], now + 60_000, context);
    waiting.push(
      ...processed.flatMap(({ disposition }) => (disposition.kind === 'waiting' ? [message] : [])),
    );
  };
  const tick = (): QueuedMessage => queued({ body: TICK_BODY, at: now });
  const runInstance = async (works: readonly Work[]): Promise<DeliveryContext> => {
    const life = lifeOf(works);
    const context = contextOf(life);
    if (given.isNotified === true) notify(context, opened + 30 * 60_000);
    for (const work of works) {
      life.batchBegan = happened.length;
      if (work === 'event') await deliver(queued({ at: now }), context);
      else if (work === 'tick') await deliver(tick(), context);
      else if (work === 'operator') {
        await step(() => {
          const known = model.incidents.get(INCIDENT);
          if (known !== undefined) model.setDue(INCIDENT, NOW);
          happened.push({ what: 'operator', beganAfter: happened.length });
        }, 'operator');
      } else {
        await Promise.race([deliver(tick(), context), life.end]);
      }
    }
    return context;
  };
  const done = (async () => {
    const seen = { incidentKey: INCIDENT, summary: '', keyId, due, now: opened };
    await free.postpone(seen);
    const contexts = await Promise.all(given.instances.map(runInstance));
    // What waits comes back until nothing waits, to either instance.
    isFree = true;
    for (let round = 0; waiting.length > 0 && round < 10; round += 1) {
      now += LEASE / 2;
      for (const message of waiting.splice(0)) {
        const context = contexts[round % contexts.length];
        const again = { ...message, receiveCount: message.receiveCount + 1 };
        if (context !== undefined) await deliver(again, context);
      }
    }
  })();
  return { done, happened, waiting };
}

/** An instance that may die after PagerDuty took its resolve, before it can record that. */
interface Life {
  readonly diesAfterResolve: boolean;
  /** How much had happened when its current batch began. */
  batchBegan: number;
  readonly end: Promise<void>;
  readonly die: () => void;
}

function lifeOf(works: readonly Work[]): Life {
  const { promise, resolve } = Promise.withResolvers<void>();
  return {
    diesAfterResolve: works.includes('dies in a tick'),
    batchBegan: 0,
    end: promise,
    die: resolve,
  };
}

/** Lets an instance remember a call about the incident. */
function notify({ state }: DeliveryContext, began: number): void {
  state.subjects.set(`${INCIDENT} threshold-exceeded`, {
    waiting: [],
    notification: {
      began,
      integrationKey: KEYS['shop'] ?? '',
      severity: 'warning',
      messages: new Map(),
    },
  });
}

/** Runs a case in every order, and expects that no order swallows an event. */
async function swallowsNothing(given: Case): Promise<number> {
  return everyInterleaving((schedule) => {
    const { done, happened, waiting } = world(given, schedule);
    const check = (): void => {
      const order = `${schedule.trace.join(', ')} => ${happened.map(({ what }) => what).join(', ')}`;
      // Every event is newer than the quiet time. So no resolve may follow a call about one, unless
      // the operator asked for it when the event had come already.
      const operator = happened.findIndex(({ what }) => what === 'operator');
      const swallowed = happened.some(
        ({ what, beganAfter }, position) =>
          what === 'trigger' &&
          beganAfter > operator &&
          happened.slice(position).some((later) => later.what === 'resolve'),
      );
      expect([order, swallowed, waiting]).toEqual([order, false, []]);
      const events = given.instances.flat().filter((work) => work === 'event').length;
      expect([order, happened.some(({ what }) => what === 'trigger')]).toEqual([order, events > 0]);
    };
    return { done, check };
  });
}

interface Row extends Case {
  readonly name: string;
  /** Fewest orders that there must be. */
  readonly orders: number;
}

const CASES: readonly Row[] = [
  {
    name: 'two events and two sweeps, all at once',
    instances: [['event'], ['event'], ['tick'], ['tick']],
    orders: 1_180,
  },
  {
    name: 'an event after a sweep on each of two instances',
    instances: [
      ['tick', 'event'],
      ['tick', 'event'],
    ],
    orders: 78,
  },
  {
    name: 'an event before a sweep on one instance, and after it on the other',
    instances: [
      ['event', 'tick'],
      ['tick', 'event'],
    ],
    orders: 30,
  },
  {
    name: 'an instance that dies after its resolve',
    instances: [['dies in a tick'], ['event', 'tick'], ['tick']],
    orders: 100,
  },
  {
    name: "the operator's command",
    instances: [['operator'], ['event'], ['tick'], ['tick', 'event']],
    isDue: false,
    orders: 420,
  },
];

describe.each([{ isNotified: true }, { isNotified: false }])(
  'no order swallows an event, if the instances remember a call: $isNotified',
  ({ isNotified }) => {
    test.each(CASES)('$name', async ({ orders, ...given }) => {
      expect(await swallowsNothing({ ...given, isNotified })).toBeGreaterThanOrEqual(orders);
    });
  },
);
