import type {
  Claim,
  OpenIncidents,
} from '../../../../lambda/delivery/open-incidents/open-incidents.ts';
import type { OpenIncident } from '../../../../lambda/shared/open-incident.ts';
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

const MINUTE_AGO = NOW - 60_000;
/** Cases of `recordSeverity`. */
export const SEVERITY_CASES: readonly TableCase[] = [
  {
    name: 'recordSeverity creates no item',
    run: async (table, item) => {
      await table.recordSeverity('shop x', 'critical', NOW, MINUTE_AGO);
      return item('shop x');
    },
    expected: undefined,
  },
  ...(
    [
      { name: 'a higher one', first: 'info', second: 'warning', expected: ['warning', NOW + 5] },
      { name: 'an equal one', first: 'error', second: 'error', expected: ['error', NOW + 5] },
      { name: 'no lower one', first: 'critical', second: 'error', expected: ['critical', NOW] },
      {
        name: 'no lower one at the last moment',
        first: 'warning',
        second: 'info',
        forgottenBefore: NOW,
        expected: ['warning', NOW],
      },
      {
        name: 'a lower one when the other counts no more',
        first: 'critical',
        second: 'info',
        forgottenBefore: NOW + 1,
        expected: ['info', NOW + 5],
      },
    ] as const
  ).map(({ name, first, second, expected, ...rest }) => ({
    name: `recordSeverity records ${name}`,
    run: async (table: OpenIncidents, item: Item) => {
      const { forgottenBefore = MINUTE_AGO } = { forgottenBefore: undefined, ...rest };
      await table.postpone(event());
      await table.recordSeverity('shop x', first, NOW, MINUTE_AGO);
      await table.recordSeverity('shop x', second, NOW + 5, forgottenBefore);
      const after = await item('shop x');
      return [after?.severity, after?.severityAt];
    },
    expected,
  })),
];

/** Cases of `due`, `claim`, `markResolved` and `forget`. */
export const CLAIM_CASES: readonly TableCase[] = [
  {
    name: 'due finds what is due, resolved or not, and counts what is not due',
    run: async (table, item) => {
      await resolved(table, item);
      await table.postpone(event({ incidentKey: 'shop due', due: DUE + 1 }));
      await table.postpone(event({ incidentKey: 'shop later', due: DUE + 2 }));
      const { incidents, read, next } = await table.due(DUE + 1, undefined);
      return { keys: incidents.map(({ incidentKey }) => incidentKey).toSorted(), read, next };
    },
    expected: { keys: ['shop due', 'shop x'], read: 3, next: undefined },
  },
  {
    name: 'keepOpen postpones an open incident that is due earlier, and no other',
    run: async (table, item) => {
      const claim = await opened(table, item);
      await table.keepOpen('shop x', DUE + 50, DUE + CLAIM_DURATION);
      const duringClaim = (await item('shop x'))?.due;
      await table.keepOpen('shop x', DUE + 50, DUE + CLAIM_DURATION + 1);
      const later = (await item('shop x'))?.due;
      await table.keepOpen('shop x', DUE + 40, DUE + CLAIM_DURATION + 1);
      const earlier = (await item('shop x'))?.due;
      await table.markResolved(claim, DUE + 1);
      await table.keepOpen('shop x', DUE + 90, DUE + 2 * CLAIM_DURATION);
      const resolvedDue = (await item('shop x'))?.due;
      await table.keepOpen('shop absent', DUE, DUE);
      return [duringClaim, later, earlier, resolvedDue, await item('shop absent')];
    },
    expected: [DUE, DUE + 50, DUE + 50, DUE + 50, undefined],
  },
  {
    name: 'claim claims an incident, once',
    run: async (table, item) => {
      const claim = await opened(table, item);
      const again = await table.claim((await item('shop x')) ?? claimOf(claim), DUE + 5);
      return [claim, again, await item('shop x')];
    },
    expected: [{ incidentKey: 'shop x', at: DUE }, undefined, CLAIMED],
  },
  {
    name: 'claim claims nothing until the claim before has expired',
    run: async (table, item) => {
      const first = await opened(table, item);
      const last = await table.claim(claimOf(first), DUE + CLAIM_DURATION);
      return [last, await table.claim(claimOf(first), DUE + CLAIM_DURATION + 1)];
    },
    expected: [undefined, { incidentKey: 'shop x', at: DUE + CLAIM_DURATION + 1 }],
  },
  {
    name: 'claim claims nothing after an event, or after the item was deleted',
    run: async (table, item) => {
      const claim = await opened(table, item);
      await table.forget(claim);
      const deleted = await table.claim(claimOf(claim), DUE);
      await table.postpone(event({ due: DUE + 1 }));
      return [deleted, await table.claim(claimOf(claim), DUE), (await item('shop x'))?.claimed];
    },
    expected: [undefined, undefined, undefined],
  },
  {
    name: 'markResolved keeps the claim, and nothing of the incident that has ended',
    run: async (table, item) => [await resolved(table, item), await item('shop x')],
    expected: [{ incidentKey: 'shop x', at: DUE + 1_000 }, RESOLVED],
  },
  {
    name: 'markResolved and forget do nothing with the claim of another instance',
    run: async (table, item) => {
      const claim = await opened(table, item);
      await table.markResolved({ ...claim, at: claim.at - 1 }, DUE + 5);
      await table.forget({ ...claim, at: claim.at + 1 });
      return item('shop x');
    },
    expected: CLAIMED,
  },
  {
    name: 'markResolved and forget do nothing after an event',
    run: async (table, item) => {
      const claim = await opened(table, item);
      const now = DUE + CLAIM_DURATION + 1;
      await table.postpone(event({ now }));
      await table.markResolved(claim, now);
      await table.forget(claim);
      const after = await item('shop x');
      return [after?.claimed, after?.isResolved];
    },
    expected: [undefined, false],
  },
  {
    name: 'markResolved and forget create nothing',
    run: async (table, item) => {
      await table.markResolved({ incidentKey: 'shop x', at: DUE }, DUE);
      await table.forget({ incidentKey: 'shop x', at: DUE });
      return item('shop x');
    },
    expected: undefined,
  },
  {
    name: 'forget deletes what was resolved',
    run: async (table, item) => {
      await table.forget(await resolved(table, item));
      return item('shop x');
    },
    expected: undefined,
  },
];

function claimOf({ incidentKey }: Claim): OpenIncident {
  return { ...ITEM, incidentKey };
}
