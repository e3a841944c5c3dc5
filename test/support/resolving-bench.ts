/** Delivery of a stage that resolves incidents, with a table in memory. */

import { type BatchReport, deliverBatch } from '../../lambda/delivery/deliver.ts';
import type { QueuedMessage } from '../../lambda/delivery/candidate.ts';
import type {
  IncidentEvent,
  OpenIncidents,
} from '../../lambda/delivery/open-incidents/open-incidents.ts';
import { DEFAULT_DELIVERY_SETTINGS } from '../../lambda/shared/delivery-settings.ts';
import { keyIdOf } from '../../lambda/shared/key-id.ts';
import { TICK_BODY } from '../../lambda/shared/message.ts';
import { claimDuration, type OpenIncident } from '../../lambda/shared/open-incident.ts';
import { routeTable } from '../../lambda/shared/routes.ts';
import { openIncidentsModel } from '../../testkit/simulation/open-incidents.ts';
import {
  type BenchOptions,
  type DeliveryBench,
  deliveryBench,
  otherInstance,
  type Script,
} from './delivery-bench.ts';
import { KEYS, NOW, queued } from './delivery-fixtures.ts';

/** Quiet time of the routes, milliseconds. */
export const QUIET_TIME = 30 * 60_000;

/** Update interval, milliseconds. */
export const UPDATE = 60_000;

/** Time that a claim lasts, milliseconds. */
export const CLAIM_DURATION = claimDuration(DEFAULT_DELIVERY_SETTINGS);

/** As in the other tests of delivery; the incidents of environment `b` are never resolved. */
const RESOLVING_ROUTES = routeTable([
  {
    environment: 'a',
    service: 'shop',
    severity: { default: 'warning', over: [{ ratio: 2, severity: 'critical' }] },
    resolveAfterMinutes: QUIET_TIME / 60_000,
  },
  { environment: 'b', service: 'bank', severity: 'error' },
  { environment: 'keyless', service: 'keyless', resolveAfterMinutes: QUIET_TIME / 60_000 },
  { environment: 'c', service: 'bank', resolveAfterMinutes: QUIET_TIME / 60_000 },
]);

/** An event of another instance: see {@link ResolvingBench.open}. */
export interface OpenOptions extends Partial<IncidentEvent> {
  /** View of environment `a`. */
  readonly view?: string | number;
}

/** Name of an operation of the table. */
export type Operation = keyof OpenIncidents;

/** One instance of a stage that resolves incidents. */
export interface ResolvingBench extends DeliveryBench {
  /** The items of the table. */
  readonly incidents: ReadonlyMap<string, OpenIncident>;
  /**
   * Opens an incident as another instance does, or postpones it. It is of view 4, and due at
   * {@link NOW}.
   */
  readonly open: (changes?: OpenOptions) => Promise<void>;
  /** The table as an operator and other instances see it. */
  readonly table: OpenIncidents;
  /** Operations of the table that this bench's instances called, in order. */
  readonly operations: Operation[];
  /** Operations that fail. */
  readonly failing: Set<Operation>;
  readonly deliver: (...messages: readonly QueuedMessage[]) => Promise<BatchReport>;
  /** Delivers a tick that was sent so long ago, milliseconds. @default just now */
  readonly tick: (age?: number) => Promise<BatchReport>;
  /** A second instance, with a state of its own. */
  readonly other: () => ResolvingBench;
}

/** Options of {@link resolvingBench}. */
export interface ResolvingOptions extends BenchOptions {
  /** Called when an operation of the table begins. A rejection fails the operation. */
  readonly onOperation?: (name: Operation) => void | Promise<void>;
}

/** The incident of a view of environment `a`. */
export function incidentOf(view: string | number = 4, service = 'shop', environment = 'a'): string {
  return `${service} glasnostic:${environment}:${view}:requests`;
}

/** A message of the schedule, sent at a time in milliseconds since 1970. */
export function tickMessage(sentAt: number): QueuedMessage {
  return queued({ body: TICK_BODY, sentAt });
}

function isOperation(name: string): name is Operation {
  return [
    'postpone',
    'keepOpen',
    'recordSeverity',
    'due',
    'claim',
    'markResolved',
    'forget',
  ].includes(name);
}

/** An instance of the stage, at {@link NOW}. The table is empty. */
export function resolvingBench(
  script?: Script,
  { onOperation, ...options }: ResolvingOptions = {},
): ResolvingBench {
  const model = openIncidentsModel(CLAIM_DURATION);
  const operations: Operation[] = [];
  const failing = new Set<Operation>();
  const openIncidents = model.seenThrough(async (action, name) => {
    if (!isOperation(name)) throw new Error(`${name} is no operation.`);
    operations.push(name);
    await onOperation?.(name);
    if (failing.has(name)) throw new Error('The table cannot be reached.');
    return action();
  });
  const table = model.seenThrough(async (action) => action());
  const bench = deliveryBench(script, { routes: RESOLVING_ROUTES, openIncidents, ...options });
  const instance = (own: DeliveryBench): ResolvingBench => {
    const { context } = own;
    const deliver = async (...messages: readonly QueuedMessage[]): Promise<BatchReport> =>
      deliverBatch(messages, context.now() + 60_000, context);
    return {
      ...own,
      incidents: model.incidents,
      table,
      open: async ({ view, ...event } = {}) => {
        const keyId = keyIdOf(KEYS['shop'] ?? '');
        const now = NOW - QUIET_TIME - UPDATE;
        const common = { incidentKey: incidentOf(view), summary: 'An event', keyId };
        await table.postpone({ ...common, due: NOW, now, ...event });
      },
      operations,
      failing,
      deliver,
      tick: async (age = 0) => deliver(tickMessage(context.now() - age)),
      other: () => instance(otherInstance(bench)),
    };
  };
  return instance(bench);
}
