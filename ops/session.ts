/** One run of a command: its terminal, its global options and its stage. */

import type { StageConfig } from '../config/stage.ts';
import type { AwsCall } from './aws/calls.ts';
import type { ExitCode } from './errors.ts';
import type { StageContext } from './stage/context.ts';
import { findStage, type StageOptions } from './stage/find.ts';
import type { Terminal } from './terminal/terminal.ts';

/** Options that every command takes. */
export interface GlobalOptions extends StageOptions {
  readonly debug?: boolean;
}

/** Environment of the commands. */
export interface OpsEnvironment {
  readonly terminal: Terminal;
  /** Every stage of the project. */
  readonly stages: readonly StageConfig[];
  /** Called before each call to AWS. */
  readonly onCall?: ((call: AwsCall) => void) | undefined;
}

/** Runs a command to its exit code. */
export type Run = (command: Promise<ExitCode>) => Promise<void>;

/** One run of a command. */
export interface Session extends OpsEnvironment {
  /** Finds the stage, once. */
  readonly openStage: () => Promise<StageContext>;
  /** The stage, once it was found. */
  readonly openedStage: () => StageContext | undefined;
  /**
   * Runs a task that ends cleanly at Ctrl-C, by the signal. A second Ctrl-C ends the process; even
   * then nothing is lost.
   */
  readonly interruptible: <T>(task: (signal: AbortSignal) => Promise<T>) => Promise<T>;
}

/**
 * Starts a run.
 *
 * @param options read when the stage is opened, after the command line was parsed
 */
export function startSession(environment: OpsEnvironment, options: () => GlobalOptions): Session {
  const { terminal, stages, onCall } = environment;
  let opened: StageContext | undefined;
  return {
    ...environment,
    openStage: async () => {
      opened ??= await findStage({ ...options(), env: terminal.env, stages, onCall });
      return opened;
    },
    openedStage: () => opened,
    interruptible: async (task) => {
      const controller = new AbortController();
      const restore = terminal.onInterrupt(() => controller.abort());
      try {
        return await task(controller.signal);
      } finally {
        restore();
      }
    },
  };
}
