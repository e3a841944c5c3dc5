/** Makes open incidents due, so that the bridge resolves them at its next tick. */

import { forEachLimited } from '../../lambda/shared/batches.ts';
import {
  type DeliverySettings,
  RESOLVE_SHARES,
  shareOf,
} from '../../lambda/shared/delivery-settings.ts';
import type { OpenIncident } from '../../lambda/shared/open-incident.ts';
import { isHopeless } from '../aws/faults.ts';
import type { OpenIncidentsTable } from '../aws/open-incidents.ts';
import { type FailureCount, failureCounts, type Group, groupsOf } from '../dead-letters/tally.ts';
import { pause } from '../pace.ts';
import type { IncidentState, ListedIncident } from './incident.ts';

/** Concurrent updates. */
const PARALLEL_UPDATES = 8;

/** Milliseconds between two readings of the table while waiting for the resolves. */
const POLL_INTERVAL = 2_000;

/** So long without a resolve is reported, milliseconds: a tick comes every minute. */
const STALLED_AFTER = 180_000;

/** Plan of a resolve, made before anything changes. */
export interface ResolvePlan {
  /** Incidents that the filter takes. */
  readonly matched: readonly ListedIncident[];
  /** Open incidents in the table. */
  readonly open: number;
  /** Those to make due: they wait for their time, or for a key. */
  readonly toResolve: readonly ListedIncident[];
}

/** Plans a resolve. Pure. */
export function planResolve(matched: readonly ListedIncident[], open: number): ResolvePlan {
  const changeable: readonly IncidentState[] = ['waiting', 'key_missing'];
  return { matched, open, toResolve: matched.filter(({ state }) => changeable.includes(state)) };
}

/** The services of some incidents; the one with the most first. */
export function serviceGroups(incidents: readonly ListedIncident[]): readonly Group[] {
  return groupsOf(incidents.map(({ service }) => service));
}

/** The first and the last time of opening, milliseconds since 1970; `undefined` without incidents. */
export function openedSpan(
  incidents: readonly ListedIncident[],
): { readonly oldest: number; readonly newest: number } | undefined {
  const times = incidents.map(({ opened, lastEvent }) => opened ?? lastEvent);
  if (times.length === 0) return undefined;
  return {
    oldest: times.reduce((a, b) => Math.min(a, b)),
    newest: times.reduce((a, b) => Math.max(a, b)),
  };
}

/** Number of incidents in a state. */
export function numberIn(incidents: readonly ListedIncident[], state: IncidentState): number {
  return incidents.filter((incident) => incident.state === state).length;
}

/**
 * Minutes that the resolves take, because they share PagerDuty's rate limit with pages: at least and
 * at most, if PagerDuty accepts them. Each is a whole number from 1 on.
 */
export function minutesOf(
  incidents: readonly ListedIncident[],
  settings: Pick<DeliverySettings, 'callsPerMinute' | 'maxConcurrentBatches'>,
): { readonly least: number; readonly most: number } {
  const share = shareOf(settings);
  const size = serviceGroups(incidents)[0]?.count ?? 0;
  const minutes = (part: number): number =>
    Math.max(1, Math.ceil(size / Math.max(1, Math.floor(share * part))));
  return { least: minutes(RESOLVE_SHARES.quiet), most: minutes(RESOLVE_SHARES.busy) };
}

/** What became of the incidents while the command waited. */
export interface WaitCounts {
  readonly resolved: number;
  /** An event came before the resolve: the incident stays open, and is resolved later. */
  readonly postponed: number;
  /** Not resolved yet. */
  readonly open: number;
}

/** Result of a resolve. */
export interface ResolveResult {
  /** Incidents that were made due. */
  readonly due: number;
  /** Incidents that were due already, or are being resolved. */
  readonly alreadyDue: number;
  readonly failed: number;
  /** Incidents that were not processed. */
  readonly remaining: number;
  /** Without `--wait`, `null`. */
  readonly waited: WaitCounts | null;
  readonly failures: readonly FailureCount[];
  /** What ended it early. */
  readonly error?: unknown;
}

/** How a resolve behaves. */
export interface ResolveOptions {
  readonly table: OpenIncidentsTable;
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Explains why an update failed. */
  readonly explain: (error: unknown) => string;
  /** Waits until the incidents are resolved. @default false */
  readonly wait?: boolean | undefined;
  readonly onProgress: (done: number, total: number) => void;
  /** Called once when no incident is resolved for minutes. */
  readonly onStalled?: (() => void) | undefined;
  /** Milliseconds between two readings of the table, for tests. @default 2 s */
  readonly pollInterval?: number | undefined;
}

/** Makes the incidents of a plan due. Never rejects: what ended it early is in the result. */
export async function runResolve(
  { matched, toResolve }: ResolvePlan,
  options: ResolveOptions,
): Promise<ResolveResult> {
  const { table, now, signal } = options;
  /** Incident -> its new time. */
  const due = new Map<string, number>();
  const failures: string[] = [];
  let alreadyDue = matched.filter(({ state }) => isDue(state)).length;
  let processed = 0;
  let waited: WaitCounts | null = null;
  let error: unknown;
  try {
    await forEachLimited(toResolve, PARALLEL_UPDATES, async ({ incidentKey }) => {
      if (signal.aborted || error !== undefined) return;
      const at = now();
      try {
        if (await table.makeDue(incidentKey, at)) due.set(incidentKey, at);
        else alreadyDue += 1;
      } catch (failure) {
        if (isHopeless(failure)) {
          error = failure;
          return;
        }
        failures.push(options.explain(failure));
      }
      processed += 1;
      if (options.wait !== true) options.onProgress(processed, toResolve.length);
    });
    if (options.wait === true && error === undefined) {
      waited = await waitUntilResolved(due, options);
    }
  } catch (failure) {
    error = failure;
  }
  return {
    due: due.size,
    alreadyDue,
    failed: failures.length,
    remaining: toResolve.length - processed,
    waited,
    failures: failureCounts(failures),
    ...(error === undefined ? {} : { error }),
  };
}

function isDue(state: IncidentState): boolean {
  return state === 'due' || state === 'overdue' || state === 'resolving';
}

/** What became of an incident that was made due. */
function outcomeOf(row: OpenIncident | undefined, due: number): keyof WaitCounts {
  // The row of a resolved incident is deleted a while later, and used again by the next incident.
  if (row === undefined || row.isResolved || (row.opened ?? 0) > due) return 'resolved';
  return row.due > due ? 'postponed' : 'open';
}

/** Reads the table until no incident is left that was made due, or until the signal. */
async function waitUntilResolved(
  due: ReadonlyMap<string, number>,
  options: ResolveOptions,
): Promise<WaitCounts> {
  const { table, now, signal, onProgress, onStalled, pollInterval = POLL_INTERVAL } = options;
  const counts = { resolved: 0, postponed: 0, open: due.size };
  const left = new Map(due);
  let lastChange: number | undefined = now();
  onProgress(0, due.size);
  while (left.size > 0 && !signal.aborted) {
    await pause(pollInterval, signal);
    if (signal.aborted) break;
    const rows = new Map((await table.read(signal)).map((row) => [row.incidentKey, row]));
    if (signal.aborted) break;
    for (const [incidentKey, at] of left) {
      const outcome = outcomeOf(rows.get(incidentKey), at);
      if (outcome === 'open') continue;
      left.delete(incidentKey);
      counts[outcome] += 1;
      counts.open -= 1;
      lastChange = now();
    }
    onProgress(due.size - left.size, due.size);
    if (lastChange === undefined || now() - lastChange < STALLED_AFTER) continue;
    lastChange = undefined;
    onStalled?.();
  }
  return counts;
}
