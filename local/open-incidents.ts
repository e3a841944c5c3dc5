/** Reads the table of open incidents of a local bridge. */

import * as v from 'valibot';
import { OPEN_INCIDENTS_OUTPUT } from '../config/outputs.ts';
import {
  type OpenIncident,
  readOpenIncident,
  splitIncidentKey,
} from '../lambda/shared/open-incident.ts';
import type { Bridge } from './bridge.ts';

const pageSchema = v.object({
  Items: v.array(
    v.record(
      v.string(),
      v.object({
        S: v.optional(v.string()),
        N: v.optional(v.string()),
        BOOL: v.optional(v.boolean()),
      }),
    ),
  ),
  LastEvaluatedKey: v.optional(v.record(v.string(), v.unknown())),
});

/**
 * Reads the incidents that the bridge resolves, by dedup key. Incidents that it has just resolved
 * are left out. A stage that resolves none has no table, so there are none.
 */
export async function readOpenIncidents({
  aws,
  model,
}: Pick<Bridge, 'aws' | 'model'>): Promise<ReadonlyMap<string, OpenIncident>> {
  const incidents = new Map<string, OpenIncident>();
  const tableName = model.outputs[OPEN_INCIDENTS_OUTPUT];
  if (tableName === undefined) return incidents;
  let start: Readonly<Record<string, unknown>> | undefined;
  do {
    const { body } = await aws.tables.call('Scan', {
      TableName: tableName,
      ConsistentRead: true,
      ...(start === undefined ? {} : { ExclusiveStartKey: start }),
    });
    const page = v.parse(pageSchema, body);
    for (const item of page.Items) {
      const incident = readOpenIncident(item);
      if (incident === undefined || incident.isResolved) continue;
      incidents.set(splitIncidentKey(incident.incidentKey).dedupKey, incident);
    }
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return incidents;
}
