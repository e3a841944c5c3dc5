/** Runs concurrent code in every possible order of its steps. */

import { untilIdle } from './until-idle.ts';

/** A step that waits until it may happen. */
interface PendingStep {
  readonly name: string;
  readonly run: () => void;
}

/** Decides the order of the steps of one run. */
export interface Schedule {
  /** Makes an action a step: it happens when the schedule says so. */
  readonly step: <T>(action: () => T, name: string) => Promise<T>;
  /** Names of the steps that have happened. */
  readonly trace: readonly string[];
}

/**
 * Runs a scenario once for every order of its steps.
 *
 * @param begin starts the concurrent code with a schedule, and resolves to a check that is made when
 *   all steps have happened
 * @returns the number of orders
 */
export async function everyInterleaving(
  begin: (schedule: Schedule) => { readonly done: Promise<void>; readonly check: () => void },
): Promise<number> {
  let count = 0;
  /** The choices of the next run: which of the pending steps comes next, each time. */
  let choices: number[] = [];
  for (;;) {
    const pending: PendingStep[] = [];
    const trace: string[] = [];
    const progress = { isDone: false };
    const { done, check } = begin({
      trace,
      step: async (action, name) =>
        new Promise((resolve, reject) => {
          const run = (): void => {
            trace.push(name);
            try {
              resolve(action());
            } catch (error) {
              reject(error);
            }
          };
          pending.push({ name, run });
        }),
    });
    const finished = done.finally(() => {
      progress.isDone = true;
    });
    const options: number[] = [];
    for (await untilIdle(); !progress.isDone; await untilIdle()) {
      const choice = choices[options.length] ?? 0;
      options.push(pending.length);
      const [next] = pending.splice(choice, 1);
      if (next === undefined) throw new Error(`Nothing can happen after ${trace.join(', ')}`);
      next.run();
    }
    await finished;
    check();
    count += 1;
    const taken = options.map((_, position) => choices[position] ?? 0);
    const last = options.findLastIndex((most, position) => (taken[position] ?? 0) + 1 < most);
    if (last === -1) return count;
    choices = [...taken.slice(0, last), (taken[last] ?? 0) + 1];
  }
}
