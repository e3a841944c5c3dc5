import type { OpenIncidents } from '../../../../lambda/delivery/open-incidents/open-incidents.ts';
import {
  CLAIM_DURATION,
  CLAIMED,
  DUE,
  event,
  type Item,
  ITEM,
  NOW,
  opened,
  resolved,
  RESOLVED,
  type TableCase,
} from './table-cases.ts';

/** Cases of `postpone`. */
export const POSTPONE_CASES: readonly TableCase[] = [
  {
    name: 'postpone creates the item of an incident',
    run: async (table, item) => [await table.postpone(event()), await item('shop x')],
    expected: [{ kind: 'postponed' }, ITEM],
  },
  {
    name: 'postpone keeps when the incident was opened, and returns the item before',
    run: async (table, item) => {
      await table.postpone(event());
      const later = { due: DUE + 7_000, now: NOW + 7_000, summary: 'Second', keyId: '22222222' };
      return [await table.postpone(event(later)), await item('shop x')];
    },
    expected: [
      { kind: 'postponed', before: ITEM },
      {
        ...ITEM,
        due: DUE + 7_000,
        lastEvent: NOW + 7_000,
        summary: 'Second',
        keyId: '22222222',
      },
    ],
  },
  {
    name: 'postpone keeps the key ID for a service that has no key now',
    run: async (table, item) => {
      await table.postpone(event());
      await table.postpone(event({ keyId: undefined }));
      await table.postpone(event({ incidentKey: 'shop y', keyId: undefined }));
      return [(await item('shop x'))?.keyId, (await item('shop y'))?.keyId];
    },
    expected: ['11111111', undefined],
  },
  {
    name: 'postpone writes nothing while a claim lasts',
    run: async (table, item) => {
      await opened(table, item);
      const now = DUE + CLAIM_DURATION;
      return [await table.postpone(event({ due: now + 1, now })), await item('shop x')];
    },
    expected: [{ kind: 'resolving' }, CLAIMED],
  },
  {
    name: 'postpone removes a claim that has expired, and keeps the severity',
    run: async (table, item) => {
      await opened(table, item);
      const now = DUE + CLAIM_DURATION + 1;
      const result = await table.postpone(event({ due: now + 100_000, now }));
      return [result, await item('shop x')];
    },
    expected: [
      { kind: 'postponed', before: CLAIMED },
      {
        ...CLAIMED,
        opened: DUE + 1 + CLAIM_DURATION,
        claimed: undefined,
        lastEvent: DUE + CLAIM_DURATION + 1,
        due: DUE + CLAIM_DURATION + 100_001,
      },
    ],
  },
  {
    name: 'postpone writes nothing for a claim duration after a resolve',
    run: async (table, item) => {
      await resolved(table, item);
      const now = DUE + 1_000 + CLAIM_DURATION;
      return [await table.postpone(event({ now })), await item('shop x')];
    },
    expected: [{ kind: 'resolving' }, RESOLVED],
  },
  {
    name: 'postpone begins a new incident after that',
    run: async (table, item) => {
      await resolved(table, item);
      const now = DUE + 1_001 + CLAIM_DURATION;
      return [await table.postpone(event({ due: now + 9, now })), await item('shop x')];
    },
    expected: [
      { kind: 'postponed', before: RESOLVED },
      {
        ...ITEM,
        due: DUE + 1_010 + CLAIM_DURATION,
        opened: DUE + 1_001 + CLAIM_DURATION,
        lastEvent: DUE + 1_001 + CLAIM_DURATION,
      },
    ],
  },
  ...[
    { name: 'a time over 5 s later', earlier: DUE + 5_001, due: DUE + 5_001 },
    { name: 'no time up to 5 s later', earlier: DUE + 5_000, due: DUE },
    { name: 'no earlier time', earlier: DUE - 9_000, due: DUE },
  ].map(({ name, earlier, due }) => ({
    name: `postpone keeps ${name}, for which another route asked`,
    run: async (table: OpenIncidents, item: Item) => {
      await table.postpone(event({ due: earlier }));
      await table.postpone(event({ summary: 'Second' }));
      const after = await item('shop x');
      return [after?.due, after?.summary];
    },
    expected: [due, 'Second'],
  })),
  {
    name: 'postpone keeps no later time of an incident that was claimed',
    run: async (table, item) => {
      await opened(table, item);
      const now = DUE + CLAIM_DURATION + 1;
      const late = await table.postpone(event({ due: DUE - 10_000, now }));
      return [late.kind, (await item('shop x'))?.due];
    },
    expected: ['postponed', DUE - 10_000],
  },
];
