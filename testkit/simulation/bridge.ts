import { deliverBatch, type BatchReport } from '../../lambda/delivery/deliver.ts';
import type { QueuedMessage } from '../../lambda/delivery/candidate.ts';
import { newInstanceState } from '../../lambda/delivery/instance-state.ts';
import type { IntegrationKeys } from '../../lambda/delivery/keys/integration-keys.ts';
import type { OpenIncidents } from '../../lambda/delivery/open-incidents/open-incidents.ts';
import type { DeliverySettings } from '../../lambda/shared/delivery-settings.ts';
import { afterSettling } from '../../lambda/delivery/after-settling.ts';
import type { Levels } from '../../lambda/delivery/levels.ts';
import { settle, type Tally } from '../../lambda/delivery/settle.ts';
import type { PagerDuty } from '../../lambda/pagerduty/client.ts';
import type { RouteTable } from '../../lambda/shared/routes.ts';
import type { VirtualClock } from './clock.ts';
import type { QueueModel } from './queue.ts';

/** Where a function crashes in a batch. */
export type Crash =
  /** After its calls: the batch comes back when its visibility ends. */
  | 'beforeSettling'
  /** After it deferred messages and wrote dead letters: Lambda deletes nothing. */
  | 'beforeAnswering';

/** Lambda and its event source mapping around the real delivery code, on a virtual clock. */
export interface SimulatedBridge {
  readonly clock: VirtualClock;
  readonly queue: QueueModel;
  readonly pagerDutyOf: (instance: number) => PagerDuty;
  readonly settings: DeliverySettings;
  readonly routes: RouteTable;
  /** The keys as an instance knows them, with the instance's clock. */
  readonly keys: (now: () => number) => IntegrationKeys;
  readonly random: () => number;
  /** The delivery function's timeout, milliseconds. @default 60 s */
  readonly timeout?: number;
  /** Messages in a batch, at most. @default 10 */
  readonly batchSize?: number;
  /** Time to gather a batch, milliseconds. @default none */
  readonly batchWindow?: number;
  /** What a batch takes beside its calls, milliseconds. @default 15 */
  readonly batchTime?: number;
  /** Time from receiving a batch to invoking the function, milliseconds. @default none */
  readonly lateness?: () => number;
  /** How far the clock of an instance is ahead, milliseconds. @default none */
  readonly skew?: (instance: number) => number;
  /** @default never */
  readonly crash?: () => Crash | undefined;
  /** When all instances are replaced, milliseconds since 1970, ascending. @default never */
  readonly replacedAt?: readonly number[];
  /** Whether Lambda fails to delete a message that has ended. @default never */
  readonly deleteFails?: () => boolean;
  /** When an instance dies in a batch, milliseconds after the batch began. @default never */
  readonly diesAfter?: () => number | undefined;
  /** The table of open incidents as an instance sees it. @default no route resolves */
  readonly openIncidents?: ((now: () => number) => OpenIncidents) | undefined;
  readonly onBatch?: (report: BatchReport, tally: Tally, levels: Levels) => void;
}

/** Runs as many instances as there may be concurrent batches, until the queue is empty. */
export async function runUntilEmpty(bridge: SimulatedBridge): Promise<void> {
  const { clock, settings } = bridge;
  const instances = Array.from({ length: settings.maxConcurrentBatches }, async (_, instance) =>
    runInstance(bridge, instance),
  );
  await clock.run(Promise.all(instances));
}

async function gather(bridge: SimulatedBridge): Promise<readonly QueuedMessage[]> {
  const { clock, queue, batchSize = 10, batchWindow = 0, lateness = () => 0 } = bridge;
  const first = queue.receive(batchSize);
  if (first.length === 0) return first;
  await clock.sleep(batchWindow);
  const batch = [...first, ...queue.receive(batchSize - first.length)];
  await clock.sleep(lateness());
  return batch;
}

async function runInstance(bridge: SimulatedBridge, instance: number): Promise<void> {
  const { clock, queue, settings, random, timeout = 60_000, batchTime = 15 } = bridge;
  const { replacedAt = [] } = bridge;
  const skew = bridge.skew?.(instance) ?? 0;
  const now = (): number => clock.now() + skew;
  const keys = bridge.keys(now);
  const pagerDuty = bridge.pagerDutyOf(instance);
  const table = bridge.openIncidents?.(now);
  let state = newInstanceState(now());
  for (let next = queue.nextVisibleAt(); next !== undefined; next = queue.nextVisibleAt()) {
    if (next > clock.now()) {
      await Promise.race([clock.sleep(next - clock.now()), queue.earlierThan(next)]);
      // Which of the idle instances gets a message is left to chance.
      await clock.sleep(random());
      continue;
    }
    const batch = await gather(bridge);
    if (batch.length === 0) continue;
    if (replacedAt.some((at) => at <= clock.now() && at > state.startedAt - skew)) {
      state = newInstanceState(now());
    }
    await clock.sleep(batchTime);
    const life = lifeOf(bridge);
    const report = await Promise.race([
      deliverBatch(batch, now() + timeout, {
        ...bridge,
        keys,
        pagerDuty: async (event) => life.unlessDead(async () => pagerDuty(event)),
        openIncidents: table === undefined ? undefined : mortalTable(table, life),
        state,
        now,
        ...CONSOLE,
      }),
      life.end,
    ]);
    if (report === 'dead') {
      state = newInstanceState(now());
      continue;
    }
    const crash = bridge.crash?.();
    if (crash !== undefined) state = newInstanceState(now());
    if (crash === 'beforeSettling') continue;
    const retryAfter = settings.retryBaseSeconds * 1000;
    const settled = await settle(report.processed, queue.queues, { retryAfter, until: Infinity });
    const context = { routes: bridge.routes, state };
    const levels = afterSettling(report, settled, context, { retryAfter, now: now() });
    if (crash === 'beforeAnswering') continue;
    const kept = new Set(settled.keep.map(({ messageId }) => messageId));
    for (const message of batch) {
      if (!kept.has(message.messageId) && bridge.deleteFails?.() !== true) queue.remove(message);
    }
    bridge.onBatch?.(report, settled.tally, levels);
  }
}

/** The life of an instance during one batch. */
interface Life {
  /** Resolves when the instance dies. */
  readonly end: Promise<'dead'>;
  /** Does something, unless the instance is dead; a dead instance never learns the result. */
  readonly unlessDead: <T>(action: () => Promise<T>) => Promise<T>;
}

async function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}

function lifeOf({ clock, diesAfter }: SimulatedBridge): Life {
  const after = diesAfter?.();
  let isDead = false;
  const die = async (time: number): Promise<'dead'> => {
    await clock.sleep(time);
    isDead = true;
    return 'dead';
  };
  return {
    end: after === undefined ? never() : die(after),
    unlessDead: async (action) => {
      if (isDead) return never();
      const result = await action();
      return isDead ? never() : result;
    },
  };
}

function mortalTable(table: OpenIncidents, { unlessDead }: Life): OpenIncidents {
  return {
    postpone: async (event) => unlessDead(async () => table.postpone(event)),
    keepOpen: async (...args) => unlessDead(async () => table.keepOpen(...args)),
    recordSeverity: async (...args) => unlessDead(async () => table.recordSeverity(...args)),
    due: async (...args) => unlessDead(async () => table.due(...args)),
    claim: async (...args) => unlessDead(async () => table.claim(...args)),
    markResolved: async (...args) => unlessDead(async () => table.markResolved(...args)),
    forget: async (claim) => unlessDead(async () => table.forget(claim)),
  };
}

const CONSOLE = { consoleUrl: 'https://app.glasnostic.com' } as const;
