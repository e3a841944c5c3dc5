/** Errors for the operator: one sentence with the next step. */

/** The command could not do its work. Exit code 1. */
export class OperatorError extends Error {
  override readonly name: string = 'OperatorError';
}

/** The command was used wrongly; nothing was done. Exit code 2. */
export class UsageError extends OperatorError {
  override readonly name = 'UsageError';
}

/** Exit codes of every command. */
export const EXIT = { done: 0, failed: 1, usage: 2 } as const;

/** Exit codes of `status --exit-code`, by the answer. */
export const ANSWER_EXIT = { yes: 0, no: 3, late: 4, partly: 5, unknown: 6 } as const;

/** One of {@link EXIT} or {@link ANSWER_EXIT}. */
export type ExitCode =
  | (typeof EXIT)[keyof typeof EXIT]
  | (typeof ANSWER_EXIT)[keyof typeof ANSWER_EXIT];

/** The code of a failed system call, anywhere in the chain of causes; empty when there is none. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'cause' in error ? codeOf(error.cause) : '';
}
