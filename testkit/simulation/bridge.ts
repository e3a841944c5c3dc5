import type { BatchReport } from '../../lambda/delivery/deliver.ts';
import { deliverBatch } from '../../lambda/delivery/deliver.ts';
import { newInstanceState } from '../../lambda/delivery/instance.ts';
import type { QueuedMessage } from '../../lambda/delivery/intake.ts';
import type { IntegrationKeys } from '../../lambda/delivery/integration-keys.ts';
import type { DeliverySettings } from '../../lambda/delivery/settings.ts';
import { settle, type Tally } from '../../lambda/delivery/settle.ts';
import type { PagerDuty } from '../../lambda/pagerduty/client.ts';
import type { RouteTable } from '../../lambda/shared/routes.ts';
import type { VirtualClock } from './clock.ts';
import type { QueueModel } from './queue.ts';

/** Lambda and its event source mapping around the real delivery code, on a virtual clock. */
export interface SimulatedBridge {
  readonly clock: VirtualClock;
  readonly queue: QueueModel;
  readonly pagerDuty: PagerDuty;
  readonly settings: DeliverySettings;
  readonly routes: RouteTable;
  readonly keys: IntegrationKeys;
  readonly random: () => number;
  /** The delivery function's timeout, milliseconds. @default 60 s */
  readonly timeout?: number;
  /** Messages in a batch, at most. @default 10 */
  readonly batchSize?: number;
  /** Time to gather a batch, milliseconds. @default none */
  readonly batchWindow?: number;
  /** Whether the function crashes after its calls, before it says so. @default never */
  readonly crashes?: () => boolean;
  readonly onBatch?: (report: BatchReport, tally: Tally) => void;
}

/** Runs as many instances as there may be concurrent batches, until the queue is empty. */
export async function runUntilEmpty(bridge: SimulatedBridge): Promise<void> {
  const { clock, settings } = bridge;
  const instances = Array.from({ length: settings.maxConcurrentBatches }, async () =>
    runInstance(bridge),
  );
  await clock.run(Promise.all(instances));
}

async function gather(bridge: SimulatedBridge): Promise<readonly QueuedMessage[]> {
  const { clock, queue, batchSize = 10, batchWindow = 0 } = bridge;
  const first = queue.receive(batchSize);
  if (first.length === 0) return first;
  await clock.sleep(batchWindow);
  return [...first, ...queue.receive(batchSize - first.length)];
}

async function runInstance(bridge: SimulatedBridge): Promise<void> {
  const { clock, queue, timeout = 60_000, crashes = () => false } = bridge;
  let state = newInstanceState();
  for (let next = queue.nextVisibleAt(); next !== undefined; next = queue.nextVisibleAt()) {
    if (next > clock.now()) {
      await Promise.race([clock.sleep(next - clock.now()), queue.earlierThan(next)]);
      continue;
    }
    const batch = await gather(bridge);
    const report = await deliverBatch(batch, clock.now() + timeout, {
      ...bridge,
      consoleUrl: 'https://app.glasnostic.com',
      now: clock.now,
      state,
    });
    if (crashes()) {
      state = newInstanceState();
      continue;
    }
    const { keep, tally } = await settle(report.processed, queue.queues, {
      retryAfter: bridge.settings.retryBaseSeconds * 1000,
      until: Infinity,
    });
    const kept = new Set(keep.map(({ messageId }) => messageId));
    for (const message of batch) if (!kept.has(message.messageId)) queue.remove(message);
    bridge.onBatch?.(report, tally);
  }
}
