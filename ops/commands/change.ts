/** The steps of a command that changes dead letters or open incidents: plan, show, ask, carry out, print. */

import type { Command } from 'commander';

import type { ReadOptions } from '../dead-letters/read.ts';
import type { FailureCount } from '../dead-letters/tally.ts';
import { EXIT, type ExitCode, OperatorError } from '../errors.ts';
import type { Session } from '../session.ts';
import { confirmed } from '../terminal/ask.ts';
import { type Progress, withProgress } from '../terminal/progress.ts';
import { count, jsonOf, paint, writeLine, writeText } from '../terminal/terminal.ts';
import { failureLines } from './plan-text.ts';

/** Options of every such command. */
export interface ChangeOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Adds the options of {@link ChangeOptions}. */
export function addChangeOptions(command: Command, dryRun: string): Command {
  return command
    .option('--dry-run', dryRun)
    .option('--yes', 'do not ask')
    .option('--json', 'print one JSON document');
}

/** Result of a change. `total` and `error` are not in its JSON document. */
interface ChangeResult {
  readonly failures: readonly FailureCount[];
  readonly total?: number;
  /** What ended the change early. */
  readonly error?: unknown;
}

/** A change, in steps. */
export interface Change<Plan, Result> {
  readonly plan: (options: ReadOptions) => Promise<Plan>;
  /** The plan in words, for stderr. */
  readonly planText: (plan: Plan) => string;
  /** Why the plan must not be carried out; `undefined` when it may be. */
  readonly refusal?: (plan: Plan) => string | undefined;
  /** Number of items to change; with 0 there is nothing to carry out. */
  readonly size: (plan: Plan) => number;
  readonly question: (plan: Plan) => string;
  readonly carryOut: (
    plan: Plan,
    run: { readonly signal: AbortSignal; readonly progress: Progress },
  ) => Promise<Result>;
  /** Name of the step, such as `Replaying`. */
  readonly doing: string;
  readonly planJson: (plan: Plan) => object;
  /** Figures of the result, for stdout. */
  readonly resultParts: (result: Result) => readonly string[];
  /** What was not done and what to do, a line each, for stderr. */
  readonly remarks: (result: Result) => readonly (string | undefined)[];
  readonly isComplete: (result: Result) => boolean;
  /** The same for the exit code, when it is more lenient. @default `isComplete` */
  readonly isAccepted?: (result: Result) => boolean;
}

/**
 * Runs the steps of a change.
 *
 * @throws OperatorError when the plan is refused or was interrupted; with `--json` also what ended the
 *   change early
 */
export async function runChange<Plan, Result extends ChangeResult>(
  session: Session,
  options: ChangeOptions,
  change: Change<Plan, Result>,
): Promise<ExitCode> {
  const { terminal } = session;
  const { stdout, stderr } = terminal;
  const plan = await withProgress(session, 'Reading', async (signal, progress) => {
    const planned = await change.plan({
      signal,
      onProgress: ({ seen, expected }) => progress.update(seen, expected),
    });
    if (signal.aborted) throw new OperatorError('Stopped; nothing was done.');
    return planned;
  });
  writeText(stderr, change.planText(plan));
  const printJson = (result: object | null): void => {
    if (options.json !== true) return;
    writeLine(stdout, jsonOf({ plan: change.planJson(plan), result }));
  };
  const refusal = change.refusal?.(plan);
  if (refusal !== undefined) {
    printJson(null);
    throw new OperatorError(refusal);
  }
  if (change.size(plan) === 0 || options.dryRun === true) {
    printJson(null);
    return EXIT.done;
  }
  if (options.yes !== true && !(await confirmed(terminal, change.question(plan)))) {
    writeLine(stderr, 'Nothing was done.');
    printJson(null);
    return EXIT.failed;
  }
  const result = await withProgress(session, change.doing, async (signal, progress) =>
    change.carryOut(plan, { signal, progress }),
  );
  const isComplete = change.isComplete(result);
  if (options.json === true) {
    const { total: _, error, ...figures } = result;
    printJson(figures);
    if (error !== undefined) throw error;
  } else {
    const text = `${change.resultParts(result).join(', ')}.`;
    writeText(stdout, paint(stdout, isComplete ? 'green' : 'red', text));
    for (const line of failureLines(result.failures)) writeText(stderr, line);
    for (const line of change.remarks(result)) if (line !== undefined) writeText(stderr, line);
  }
  return (change.isAccepted ?? change.isComplete)(result) ? EXIT.done : EXIT.failed;
}

/** Shows that a command waits for dead letters of another receiver. */
export function noteWaiting(progress: Progress): (deadLetters: number) => void {
  return (deadLetters) =>
    progress.note(
      `Waiting for ${count(deadLetters, 'dead letter')} that another command holds ...`,
    );
}
