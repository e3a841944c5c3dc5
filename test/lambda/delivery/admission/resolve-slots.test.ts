import { describe, expect, test } from '@jest/globals';

import {
  type CallClass,
  countCall,
  markWaiting,
  newKeyCalls,
  nextResolveSlotAt,
  nextSlotAt,
  SLOT_WINDOW,
} from '../../../../lambda/delivery/admission/slots.ts';

const NOW = 1_000_000_000;

interface Past {
  readonly callClass: CallClass | 'resolve' | undefined;
  readonly count: number;
  /** Milliseconds ago. @default just now */
  readonly ago?: number;
}

interface Example {
  readonly what: string;
  readonly past: readonly Past[];
  /** An event waits for so long, milliseconds. */
  readonly eventsWait?: number;
  /** A call of a class waits for its slot for so long, milliseconds. */
  readonly waits?: { readonly callClass: CallClass; readonly time: number };
  readonly share?: number;
  /** When the instance started, milliseconds ago. @default long ago */
  readonly age?: number;
  /** Time until the next slot of a resolve, milliseconds. */
  readonly wait: number;
}

function callsOf({ past }: Pick<Example, 'past'>) {
  const calls = newKeyCalls();
  for (const { callClass, count, ago = 0 } of past.toSorted(
    (a, b) => (b.ago ?? 0) - (a.ago ?? 0),
  )) {
    for (let call = 0; call < count; call += 1) countCall(calls, callClass, NOW - ago);
  }
  return calls;
}

/** Resolves and other calls, with a share of 60 unless an example has another one. */
const EXAMPLES: readonly Example[] = [
  { what: 'no call', past: [], wait: 0 },
  { what: '44 resolves', past: [{ callClass: 'resolve', count: 44 }], wait: 0 },
  { what: '45 resolves', past: [{ callClass: 'resolve', count: 45 }], wait: SLOT_WINDOW },
  {
    what: '45 resolves some time ago',
    past: [{ callClass: 'resolve', count: 45, ago: 40_000 }],
    wait: SLOT_WINDOW - 40_000,
  },
  {
    what: '45 resolves a window ago',
    past: [{ callClass: 'resolve', count: 45, ago: SLOT_WINDOW }],
    wait: 0,
  },
  {
    what: '14 resolves and an event',
    past: [
      { callClass: 'resolve', count: 14 },
      { callClass: 'update', count: 1 },
    ],
    wait: 0,
  },
  {
    what: '15 resolves and an event',
    past: [
      { callClass: 'resolve', count: 15, ago: 10_000 },
      { callClass: 'update', count: 1 },
    ],
    wait: SLOT_WINDOW - 10_000,
  },
  {
    what: '15 resolves, and an event a window ago',
    past: [
      { callClass: 'opener', count: 1, ago: SLOT_WINDOW },
      { callClass: 'resolve', count: 15 },
    ],
    wait: 0,
  },
  {
    what: '15 resolves and an event that waits',
    past: [{ callClass: 'resolve', count: 15 }],
    eventsWait: 1,
    wait: SLOT_WINDOW,
  },
  {
    what: '15 resolves and an event that has waited',
    past: [{ callClass: 'resolve', count: 15 }],
    eventsWait: 0,
    wait: 0,
  },
  { what: '56 pages', past: [{ callClass: 'high', count: 56 }], wait: 0 },
  { what: '57 pages', past: [{ callClass: 'high', count: 57 }], wait: SLOT_WINDOW },
  {
    what: 'a page that waits for its slot',
    past: [],
    waits: { callClass: 'high', time: 7_000 },
    wait: 7_000,
  },
  {
    what: 'an opening that waits for its slot',
    past: [],
    waits: { callClass: 'opener', time: 7_000 },
    wait: 7_000,
  },
  { what: 'an update that waits', past: [], waits: { callClass: 'update', time: 9 }, wait: 0 },
  {
    what: '26 resolves of an instance that has just started',
    past: [{ callClass: 'resolve', count: 26 }],
    age: 0,
    wait: 0,
  },
  {
    what: '27 resolves of an instance that has just started',
    past: [{ callClass: 'resolve', count: 27 }],
    age: 0,
    wait: 2_033.333,
  },
  { what: 'no call with a share of one', past: [], share: 1, wait: 0 },
  {
    what: 'a resolve with a share of one',
    past: [{ callClass: 'resolve', count: 1 }],
    share: 1,
    wait: SLOT_WINDOW,
  },
];

describe('the slot of a resolve', () => {
  test.each(EXAMPLES)('after $what is in $wait ms', ({ eventsWait, waits, wait, ...example }) => {
    const calls = callsOf(example);
    if (waits !== undefined) markWaiting(calls, waits.callClass, NOW + waits.time);
    const { share = 60, age = NOW } = example;
    const eventsWaitUntil = eventsWait === undefined ? -Infinity : NOW + eventsWait;
    const slotAt = nextResolveSlotAt({
      calls,
      share,
      startedAt: NOW - age,
      eventsWaitUntil,
      now: NOW,
    });
    expect(Math.max(0, slotAt - NOW)).toBeCloseTo(wait);
  });

  test('leaves a quarter of the calls for pages when resolves have taken all that they may', () => {
    const calls = callsOf({ past: [{ callClass: 'resolve', count: 45 }] });
    let pages = 0;
    const ask = { calls, callClass: 'high', share: 60, startedAt: 0, now: NOW } as const;
    while (nextSlotAt(ask) <= NOW) {
      countCall(calls, 'high', NOW);
      pages += 1;
    }
    expect(pages).toBe(15);
  });
});
