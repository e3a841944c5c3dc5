/** One run of a command: where it writes, what was chosen for all commands, and its stage. */

import type { StageConfig } from '../config/stage.ts';
import type { AwsCall } from './aws/calls.ts';
import type { StageContext } from './stage/context.ts';
import { findStage } from './stage/find.ts';
import type { Terminal } from './terminal/terminal.ts';

/** Options that every command takes. */
export interface GlobalOptions {
  readonly stage?: string;
  readonly bridgeUrl?: string;
  readonly region?: string;
  readonly profile?: string;
  readonly debug?: boolean;
}

/** Where commands run, and what they can know. */
export interface OpsEnvironment {
  readonly terminal: Terminal;
  /** Every stage of the project. */
  readonly stages: readonly StageConfig[];
  /** Told of each call to AWS before it is made. */
  readonly onCall?: ((call: AwsCall) => void) | undefined;
}

/** One run of a command. */
export interface Session extends OpsEnvironment {
  /** Finds the stage, once. Rejects with an error that says what to do. */
  readonly openStage: () => Promise<StageContext>;
  /** The stage, if it was found already. */
  readonly openedStage: () => StageContext | undefined;
  /**
   * Runs something that Ctrl-C ends in good order: the signal tells it to. A second Ctrl-C ends the
   * process, and even then nothing is lost.
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
      const { stage, bridgeUrl, region, profile } = options();
      opened ??= await findStage({
        stage,
        bridgeUrl,
        region,
        profile,
        env: terminal.env,
        stages,
        onCall,
      });
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
