/** Reads the open incidents of a stage. */

import { isIntegrationKey } from '../../lambda/pagerduty/integration-key.ts';
import { keyIdOf } from '../../lambda/shared/key-id.ts';
import { claimDuration, splitIncidentKey } from '../../lambda/shared/open-incident.ts';
import { openIncidentsTable, type OpenIncidentsTable } from '../aws/open-incidents.ts';
import { OperatorError } from '../errors.ts';
import type { IntegrationKeysSecret } from '../keys/integration-keys-secret.ts';
import { readKeys } from '../keys/store.ts';
import type { StageContext } from '../stage/context.ts';
import { type IncidentFilter, type ListedIncident, listIncidents, matches } from './incident.ts';

/**
 * Opens the table of open incidents of a stage.
 *
 * @throws OperatorError when the stage has none
 */
export async function openTable(context: StageContext): Promise<OpenIncidentsTable> {
  const { stage, access, outputs } = context;
  if (outputs.openIncidentsTable === undefined) {
    throw new OperatorError(
      `The stage ${stage.name} resolves no incidents, so it keeps no table of them. Resolve them on PagerDuty's web page. To let the bridge resolve incidents after a quiet time, set resolveAfterMinutes on a route and deploy: docs/resolving.md.`,
    );
  }
  return openIncidentsTable(access, outputs.openIncidentsTable, claimDuration(stage.delivery));
}

/** IDs of the integration keys by service, without those that PagerDuty would refuse. */
function keyIdsOf(keys: IntegrationKeysSecret): ReadonlyMap<string, string> {
  return new Map(
    [...keys].flatMap(([service, key]) =>
      typeof key === 'string' && isIntegrationKey(key) ? [[service, keyIdOf(key)]] : [],
    ),
  );
}

/** The incidents that a filter takes, and the number of all. */
export interface IncidentListing {
  readonly incidents: readonly ListedIncident[];
  readonly open: number;
}

/** Reads the open incidents that a filter takes. Changes nothing. */
export async function readIncidents(
  context: StageContext,
  table: OpenIncidentsTable,
  filter: IncidentFilter,
  options: { readonly now: () => number; readonly signal?: AbortSignal | undefined },
): Promise<IncidentListing> {
  const { secrets, outputs, stage } = context;
  const [{ keys }, rows] = await Promise.all([
    readKeys({ secrets, secretArn: outputs.integrationKeysSecretArn }),
    table.read(options.signal),
  ]);
  const all = listIncidents(rows, {
    keyIds: keyIdsOf(keys),
    claimDuration: claimDuration(stage.delivery),
    now: options.now(),
  });
  return { incidents: all.filter((incident) => matches(filter, incident)), open: all.length };
}

/**
 * Counts the open incidents of a service that were opened with another integration key. PagerDuty
 * ignores the bridge's resolve of them.
 */
export async function countOpenUnderFormerKey(
  table: OpenIncidentsTable,
  service: string,
  integrationKey: string,
): Promise<number> {
  const keyId = keyIdOf(integrationKey);
  const rows = await table.read();
  return rows.filter(
    (row) =>
      !row.isResolved &&
      splitIncidentKey(row.incidentKey).service === service &&
      row.keyId !== undefined &&
      row.keyId !== keyId,
  ).length;
}
