/** Reads when the bridge resolves each open incident. */

import type { Bridge } from '../bridge.ts';
import { readOpenIncidents } from '../open-incidents.ts';

/** Shortest time between two readings of the table, milliseconds. */
const READ_EVERY = 500;

/** When the bridge resolves each incident, by dedup key, milliseconds since 1970. */
export type ResolveTimes = ReadonlyMap<string, number>;

/**
 * Starts reading. The table is read at most twice per second, and at once after a call to PagerDuty:
 * the row of an incident is written before the call that opens it.
 */
export function watchResolveTimes(bridge: Bridge): {
  readonly read: () => Promise<ResolveTimes>;
  readonly stop: () => void;
} {
  let times: ResolveTimes = new Map();
  let readAt = -Infinity;
  const unwatch = bridge.standIn?.watch(() => {
    readAt = -Infinity;
  });
  return {
    read: async () => {
      if (performance.now() - readAt < READ_EVERY) return times;
      readAt = performance.now();
      const incidents = await readOpenIncidents(bridge);
      times = new Map([...incidents].map(([dedupKey, { due }]) => [dedupKey, due]));
      return times;
    },
    stop: () => unwatch?.(),
  };
}
