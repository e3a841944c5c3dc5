/** Checks the assumptions of docs/assumptions.md on a stage. */

import { explain } from '../aws/explain.ts';
import { whereOf } from '../stage/context.ts';
import type { Assumption, CheckedBy } from './assumption.ts';
import type { Check, CheckInput, Observation } from './check.ts';
import { PAGERDUTY_CHECKS } from './pagerduty.ts';
import { STORAGE_CHECKS } from './storage.ts';
import { TICK_CHECKS } from './ticks.ts';
import { WEBHOOK_CHECKS } from './webhook.ts';

/** Every check. Those that may page come last. */
export const CHECKS: readonly Check[] = [
  ...STORAGE_CHECKS,
  ...TICK_CHECKS,
  ...WEBHOOK_CHECKS,
  ...PAGERDUTY_CHECKS,
];

/** An assumption, and what was seen of it. */
export interface VerifiedAssumption extends Assumption, Omit<Observation, 'id'> {}

async function runCheck(check: Check, input: CheckInput): Promise<readonly Observation[]> {
  try {
    return await check.run(input);
  } catch (error) {
    const observed = explain(error, whereOf(input.context));
    return check.ids.map((id) => ({ id, result: 'failed', observed }));
  }
}

function unseen({ checkedBy }: Assumption): Omit<Observation, 'id'> {
  const how = checkedBy === 'hand' ? 'no command can check it' : `add ${checkedBy}`;
  return { result: 'not checked', observed: how };
}

/**
 * Checks the assumptions.
 *
 * @param kinds kinds of checks that may run
 * @param onProgress called with the number of checks that ended, and of all that run
 * @returns all assumptions in the order of the document, also those that were not checked
 */
export async function verifyAssumptions(
  assumptions: readonly Assumption[],
  kinds: ReadonlySet<CheckedBy>,
  input: CheckInput,
  onProgress: (done: number, total: number) => void,
): Promise<readonly VerifiedAssumption[]> {
  const checks = CHECKS.filter(({ by }) => kinds.has(by));
  const observations = new Map<string, Observation>();
  for (const [index, check] of checks.entries()) {
    if (input.signal.aborted) break;
    onProgress(index, checks.length);
    for (const one of await runCheck(check, input)) observations.set(one.id, one);
  }
  onProgress(checks.length, checks.length);
  return assumptions.map((assumption) => ({
    ...assumption,
    ...(observations.get(assumption.id) ?? unseen(assumption)),
  }));
}
