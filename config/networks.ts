/** Reads the networks that may post events. */

import { isIP } from 'node:net';
import { show, type Section } from './section.ts';

/** How many of them fit into an environment variable of the ingest function, with room to spare. */
const MAX_NETWORKS = 50;

function isNetwork(item: unknown): item is string {
  if (typeof item !== 'string') return false;
  const [, address = '', prefix = ''] = /^([^/]+)\/(\d{1,3})$/.exec(item) ?? [];
  const family = isIP(address);
  return family !== 0 && Number(prefix) <= (family === 4 ? 32 : 128);
}

/** Reads the list of networks in CIDR notation. */
export function readNetworks(stage: Section, problems: string[]): readonly string[] {
  const networks = stage.list('allowedNetworks', (item, path) => {
    if (isNetwork(item)) return item;
    problems.push(
      `${path}: ${show(item)} is not a network; use CIDR notation, such as 203.0.113.0/24 or 2001:db8::/32`,
    );
    return '';
  });
  if (networks.length > MAX_NETWORKS) {
    stage.problem('allowedNetworks', `has ${networks.length} entries; use at most ${MAX_NETWORKS}`);
  }
  return networks;
}
