import { describeError } from '../../shared/log.ts';
import type { BatchRun } from '../batch-run.ts';

/** The table is not called for this long after it failed, milliseconds: a page must not wait. */
const PAUSE_AFTER_FAILURE = 10_000;

/** Records that the table could not be reached, and does not call it for a while. */
export function pauseTable(error: unknown, run: BatchRun): void {
  run.context.state.openIncidents.pausedUntil = run.context.now() + PAUSE_AFTER_FAILURE;
  run.tableErrors.push(describeError(error));
}

/**
 * Lets this instance resolve nothing until it could record events for a whole quiet time again. It
 * sends events that the table does not know.
 *
 * @param quietTime milliseconds
 */
export function delayResolves(quietTime: number, run: BatchRun): void {
  const { openIncidents } = run.context.state;
  openIncidents.mayResolveAt = Math.max(openIncidents.mayResolveAt, run.context.now() + quietTime);
}
