import type { DeliveryContext } from './batch-run.ts';
import type { BatchReport } from './deliver.ts';
import { type Levels, updateLevels } from './levels.ts';
import type { SettledBatch } from './settle.ts';
import { takeBackStandsFor } from './waiting/keep-waiting.ts';

/**
 * Brings the state of an instance up to date after its batch was settled.
 *
 * @param times.retryAfter wait of a message whose dead letter could not be sent, milliseconds
 * @param times.now milliseconds since 1970
 * @returns the levels to publish
 */
export function afterSettling(
  report: Pick<BatchReport, 'processed' | 'calls' | 'keyProblems'>,
  { keep }: Pick<SettledBatch, 'keep'>,
  { routes, state }: Pick<DeliveryContext, 'routes' | 'state'>,
  times: { readonly retryAfter: number; readonly now: number },
): Levels {
  takeBackStandsFor(report.processed, keep, { routes, state });
  return updateLevels(state, report, { keep }, times);
}
