import { expect, test } from '@jest/globals';

import { deliverBatch } from '../../../lambda/delivery/deliver.ts';
import { routeTable } from '../../../lambda/shared/routes.ts';
import { deliveryBench } from '../../support/delivery-bench.ts';
import { NOW, queued } from '../../support/delivery-fixtures.ts';

const BASE = 'glasnostic:a:4:requests';

test('an event of a step with an own incident opens it at once, beside the lower one', async () => {
  const over = [{ ratio: 2, severity: 'critical', ownIncident: true }] as const;
  const routes = routeTable([
    { environment: 'a', service: 'shop', severity: { default: 'warning', over } },
  ]);
  const bench = deliveryBench(undefined, { routes });
  const deliver = async (value: number): Promise<readonly string[]> => {
    bench.wait(1_000);
    const message = queued({ value, at: bench.context.now() });
    const { processed } = await deliverBatch([message], NOW + 600_000, bench.context);
    return processed.map(({ disposition }) => disposition.kind);
  };
  expect(await deliver(42)).toEqual(['delivered']);
  expect(await deliver(60)).toEqual(['delivered']);
  // Both are open now: another event of either is an update, and waits for it.
  expect(await deliver(43)).toEqual(['waiting']);
  expect(await deliver(61)).toEqual(['waiting']);
  expect(bench.sent.map(({ event }) => [event.dedup_key, event.payload.severity])).toEqual([
    [BASE, 'warning'],
    [`${BASE}:critical`, 'critical'],
  ]);
});
