/** What the cases have in common that DynamoDB and the model of the simulations must pass. */

import type {
  Claim,
  IncidentEvent,
  OpenIncidents,
} from '../../../../lambda/delivery/open-incidents/open-incidents.ts';
import type { OpenIncident } from '../../../../lambda/shared/open-incident.ts';

/** Milliseconds since 1970. */
export const NOW = Date.parse('2026-03-01T12:00:00Z');

/** Milliseconds. */
export const CLAIM_DURATION = 15_000;

/** When the incident `shop x` is due. */
export const DUE = NOW + 100_000;

/** An item of the table. */
export type Item = (incidentKey: string) => Promise<OpenIncident | undefined>;

/** Some operations of a table, and what they result in. */
export interface TableCase {
  readonly name: string;
  readonly run: (table: OpenIncidents, item: Item) => Promise<unknown>;
  readonly expected: unknown;
}

/** An event of the incident `shop x`. */
export function event(changes: Partial<IncidentEvent> = {}): IncidentEvent {
  const common = { incidentKey: 'shop x', summary: 'First', keyId: '11111111' };
  return { ...common, due: DUE, now: NOW, ...changes };
}

/** Its item after {@link event}. */
export const ITEM = {
  incidentKey: 'shop x',
  due: DUE,
  opened: NOW,
  lastEvent: NOW,
  summary: 'First',
  keyId: '11111111',
  isResolved: false,
};

/** Claims an incident that was postponed before. */
async function claimed(table: OpenIncidents, item: Item, at: number): Promise<Claim> {
  const incident = await item('shop x');
  const claim = incident === undefined ? undefined : await table.claim(incident, at);
  if (claim === undefined) throw new Error('The incident was not claimed.');
  return claim;
}

/** An incident that was claimed when it was due. */
export async function opened(table: OpenIncidents, item: Item): Promise<Claim> {
  await table.postpone(event());
  await table.recordSeverity('shop x', 'error', NOW + 1, NOW);
  return claimed(table, item, DUE);
}

/** An incident that was resolved when it was due, a second after the claim. */
export async function resolved(table: OpenIncidents, item: Item): Promise<Claim> {
  const claim = await opened(table, item);
  await table.markResolved(claim, DUE + 1_000);
  return { ...claim, at: DUE + 1_000 };
}

/** Its item after {@link opened}. */
export const CLAIMED = {
  ...ITEM,
  opened: undefined,
  severity: 'error',
  severityAt: NOW + 1,
  claimed: DUE,
};
const { opened: _, keyId: __, ...ENDED } = ITEM;
/** Its item after {@link resolved}. */
export const RESOLVED = { ...ENDED, claimed: DUE + 1_000, isResolved: true };
