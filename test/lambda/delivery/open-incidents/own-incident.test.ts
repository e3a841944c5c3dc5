import { expect, test } from '@jest/globals';

import { routeTable } from '../../../../lambda/shared/routes.ts';
import { OUTCOMES } from '../../../support/delivery-bench.ts';
import { NOW, queued } from '../../../support/delivery-fixtures.ts';
import { QUIET_TIME, resolvingBench, UPDATE } from '../../../support/resolving-bench.ts';

const ROUTES = routeTable([
  {
    environment: 'a',
    service: 'shop',
    severity: {
      default: 'info',
      over: [
        { ratio: 2, severity: 'warning' },
        { ratio: 3, severity: 'critical', ownIncident: true },
      ],
    },
    resolveAfterMinutes: QUIET_TIME / 60_000,
  },
]);

const LOWER = 'shop glasnostic:a:4:requests';
const HIGHER = `${LOWER}:critical`;

test('an event of a higher step keeps the lower incident open, and not the other way round', async () => {
  const bench = resolvingBench(undefined, { routes: ROUTES });
  const dueOf = (incidentKey: string): number =>
    (bench.incidents.get(incidentKey)?.due ?? NaN) - NOW;
  await bench.deliver(queued({ value: 61, at: NOW }));
  expect([dueOf(LOWER), dueOf(HIGHER)]).toEqual([QUIET_TIME + UPDATE, NaN]);
  bench.wait(10 * UPDATE);
  await bench.deliver(queued({ value: 200, at: NOW + 10 * UPDATE }));
  const later = QUIET_TIME + 11 * UPDATE;
  expect([dueOf(LOWER), dueOf(HIGHER)]).toEqual([later, later]);
  bench.wait(10 * UPDATE);
  await bench.deliver(queued({ value: 61, at: NOW + 20 * UPDATE }));
  expect([dueOf(LOWER), dueOf(HIGHER)]).toEqual([QUIET_TIME + 21 * UPDATE, later]);
});

test('it keeps the lower incident open while it waits longer than the quiet time', async () => {
  const bench = resolvingBench(() => OUTCOMES.unavailable, { routes: ROUTES });
  await bench.deliver(queued({ value: 61, at: NOW }));
  // From 800 receives on, a wait grows by 30 s per receive.
  await bench.deliver(queued({ value: 200, at: NOW, receiveCount: 900 }));
  const dues = [LOWER, HIGHER].map((incidentKey) => bench.incidents.get(incidentKey)?.due ?? NaN);
  expect(dues[0]).toBe(dues[1]);
  expect(dues[0]).toBeGreaterThan(NOW + 2 * QUIET_TIME);
});
