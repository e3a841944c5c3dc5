import { isJsonObject } from '../../lambda/shared/json.ts';
import {
  type OpenIncident,
  readOpenIncident,
  type TableItem,
  type TableValue,
} from '../../lambda/shared/open-incident.ts';
import type { Bridge } from '../../local/bridge.ts';
import { need } from '../../local/parts.ts';

function tableOf({ model }: Bridge): string {
  return need(model.tables[0], 'table').name;
}

function valueOf(value: unknown): TableValue {
  if (!isJsonObject(value)) return {};
  const { S, N, BOOL } = value;
  return {
    ...(typeof S === 'string' ? { S } : {}),
    ...(typeof N === 'string' ? { N } : {}),
    ...(typeof BOOL === 'boolean' ? { BOOL } : {}),
  };
}

/** The incidents in the table of a local bridge. */
export async function openIncidentRows(bridge: Bridge): Promise<readonly OpenIncident[]> {
  const { body } = await bridge.aws.tables.call('Scan', { TableName: tableOf(bridge) });
  const items: readonly unknown[] = Array.isArray(body['Items']) ? body['Items'] : [];
  return items.flatMap((item) => {
    const entries = isJsonObject(item) ? Object.entries(item) : [];
    const values = entries.map(([name, value]) => [name, valueOf(value)] as const);
    return readOpenIncident(Object.fromEntries(values)) ?? [];
  });
}

/** Writes an item into the table of a local bridge. @throws Error when it is refused */
export async function putOpenIncident(bridge: Bridge, item: TableItem): Promise<void> {
  const { status, body } = await bridge.aws.tables.call('PutItem', {
    TableName: tableOf(bridge),
    Item: { ...item },
  });
  if (status !== 200) throw new Error(`PutItem: ${JSON.stringify(body)}`);
}
