import { expect, test } from '@jest/globals';

import { NOW, queued } from '../../../support/delivery-fixtures.ts';
import { OUTCOMES } from '../../../support/delivery-bench.ts';
import { QUIET_TIME, resolvingBench, UPDATE } from '../../../support/resolving-bench.ts';

const INCIDENT = 'shop glasnostic:a:4:requests';

test.each([
  // PagerDuty may ask for up to a minute after a 5xx; that is less than the quiet time.
  { name: 'a wait that is shorter than the quiet time', sentAt: NOW, isLonger: false },
  // From 800 receives on, a wait grows by 30 s per receive.
  { name: 'a wait that is longer', sentAt: NOW, receiveCount: 900, isLonger: true },
])(
  '$name keeps the incident open: longer $isLonger',
  async ({ isLonger, sentAt, receiveCount = 1 }) => {
    const bench = resolvingBench(() => OUTCOMES.unavailable);
    const { processed } = await bench.deliver(queued({ at: NOW, sentAt, receiveCount }));
    const [wait] = processed.flatMap(({ disposition }) =>
      disposition.kind === 'waiting' ? [disposition.wait] : [],
    );
    expect((wait ?? 0) >= QUIET_TIME).toBe(isLonger);
    expect((bench.incidents.get(INCIDENT)?.due ?? NaN) - NOW).toBe(
      QUIET_TIME + UPDATE + (isLonger ? (wait ?? NaN) : 0),
    );
  },
);
