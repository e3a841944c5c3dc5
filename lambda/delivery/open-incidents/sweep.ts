import { forEachLimited } from '../../shared/batches.ts';
import { describeError } from '../../shared/log.ts';
import { claimDuration, type OpenIncident, splitIncidentKey } from '../../shared/open-incident.ts';
import { type BatchRun, type KeyRun, keyRunOf, type ResolveReport } from '../batch-run.ts';
import { findKey } from '../keys/find-keys.ts';
import type { OpenIncidents } from './open-incidents.ts';
import { probeWithCheck, resolveIncident, resolveObstacle } from './resolve-incident.ts';

/** A tick that is older has waited because delivery stood still, milliseconds. */
const MAX_TICK_AGE = 120_000;

/** Nothing begins later than this after the sweep began, milliseconds: events wait for it. */
const SWEEP_TIME = 5_000;

/** Resolves of one key at the same time. */
const CONCURRENT_RESOLVES = 4;

/** Deletions of resolved incidents at the same time. */
const CONCURRENT_DELETIONS = 16;

/** Result of a sweep. */
export interface Sweep {
  /** Open incidents in the table; absent while the scan has not reached the end. */
  readonly open?: number | undefined;
  /** Incidents that are still open although they were due `giveUpAfterSeconds` ago. */
  readonly overdue: number;
}

/**
 * Resolves the incidents that are due, those first that are due longest. An incident stays due until
 * PagerDuty has answered, so whatever is not done now is done after a later tick.
 *
 * @param tickSentAt when the tick was sent, milliseconds since 1970
 * @returns `undefined` when this instance may not resolve now, or no route resolves
 */
export async function sweep(run: BatchRun, tickSentAt: number): Promise<Sweep | undefined> {
  const { openIncidents: table, state, settings, now } = run.context;
  const known = state.openIncidents;
  const began = now();
  const callTimeout = settings.callTimeoutSeconds * 1000;
  const until = Math.min(began + SWEEP_TIME, run.callDeadline - 2 * callTimeout);
  if (table === undefined || began - tickSentAt > MAX_TICK_AGE || began >= until) return undefined;
  if (began < known.pausedUntil || began < known.mayResolveAt) return undefined;
  try {
    const part = await table.due(began, known.scanFrom);
    const resolved = part.incidents.filter(({ isResolved }) => isResolved);
    const due = part.incidents.filter(({ isResolved }) => !isResolved);
    known.openSoFar += part.read - resolved.length;
    known.scanFrom = part.next;
    const open = part.next === undefined ? known.openSoFar : undefined;
    if (part.next === undefined) known.openSoFar = 0;
    await forgetResolved(resolved, table, until, run);
    await resolveAll(due, table, until, run);
    const overdueSince = began - settings.giveUpAfterSeconds * 1000;
    const ended = new Set(run.resolves.filter(isEnd).map(({ incident }) => incident));
    const overdue = due.filter((one) => one.due < overdueSince && !ended.has(one)).length;
    return { open, overdue };
  } catch (error) {
    run.tableErrors.push(describeError(error));
    return undefined;
  }
}

/** True if the bridge has nothing more to do for an incident. */
function isEnd({ outcome }: ResolveReport): boolean {
  if (outcome === 'key_changed') return true;
  return outcome.kind === 'rejected' ? !outcome.aboutKey : outcome.kind === 'delivered';
}

/** Deletes resolved incidents whose claim has expired. */
async function forgetResolved(
  resolved: readonly OpenIncident[],
  table: OpenIncidents,
  until: number,
  run: BatchRun,
): Promise<void> {
  const { settings, now } = run.context;
  const expired = now() - claimDuration(settings);
  const claims = resolved.flatMap(({ incidentKey, claimed }) =>
    claimed !== undefined && claimed < expired ? [{ incidentKey, at: claimed }] : [],
  );
  await inParallel(CONCURRENT_DELETIONS, claims, run, async (claim) => {
    if (now() >= until) return false;
    await table.forget(claim);
    return true;
  });
}

async function resolveAll(
  due: readonly OpenIncident[],
  table: OpenIncidents,
  until: number,
  run: BatchRun,
): Promise<void> {
  const { now } = run.context;
  const byKey = await groupByKey(due, run);
  await Promise.all(
    [...byKey].map(async ([keyRun, incidents]) => {
      if (now() < until) await probeWithCheck(keyRun, run);
      const oldestFirst = incidents.toSorted((a, b) => a.due - b.due);
      await inParallel(CONCURRENT_RESOLVES, oldestFirst, run, async (incident) => {
        if (now() >= until || resolveObstacle(keyRun, run) !== undefined) return false;
        return resolveIncident(incident, keyRun, table, run);
      });
    }),
  );
}

/** Groups incidents by the integration key of their service. One without a key stays due. */
async function groupByKey(
  due: readonly OpenIncident[],
  run: BatchRun,
): Promise<ReadonlyMap<KeyRun, readonly OpenIncident[]>> {
  const byService = Map.groupBy(due, ({ incidentKey }) => splitIncidentKey(incidentKey).service);
  const byKey = new Map<KeyRun, OpenIncident[]>();
  for (const [service, incidents] of byService) {
    const found = await findKey(service, run);
    if (found.kind === 'missing') continue;
    const keyRun = keyRunOf(run, found.key);
    byKey.set(keyRun, [...(byKey.get(keyRun) ?? []), ...incidents]);
  }
  return byKey;
}

/**
 * Works on items with several workers, in order. After an error of the table, no further item is
 * begun. It ends when all workers have ended: Lambda would stop a call that is still under way, and
 * would go on with it in a later invocation.
 *
 * @param work resolves to false to stop: the items that are left are not begun
 */
async function inParallel<T>(
  workers: number,
  items: readonly T[],
  run: BatchRun,
  work: (item: T) => Promise<boolean>,
): Promise<void> {
  let goesOn = true;
  await forEachLimited(items, workers, async (item) => {
    if (!goesOn) return;
    try {
      if (!(await work(item))) goesOn = false;
    } catch (error) {
      run.tableErrors.push(describeError(error));
      goesOn = false;
    }
  });
}
