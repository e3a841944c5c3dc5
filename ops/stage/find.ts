/** Chooses and finds the stage of a command. */

import type { StageConfig } from '../../config/stage.ts';
import type { AwsAccess } from '../aws/clients.ts';
import { UsageError } from '../errors.ts';
import { stageContext, type StageContext } from './context.ts';
import { findDeployedStack } from './deployed.ts';
import { DEFAULT_BRIDGE_URL, findLocalStack, readBridgeUrl } from './local.ts';

/** Name of the stage that runs on this machine. */
export const LOCAL_STAGE = 'local';

/** Options that choose the stage. */
export interface StageOptions {
  readonly stage?: string | undefined;
  readonly bridgeUrl?: string | undefined;
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
}

/** Options and environment that choose the stage. */
export interface StageChoice extends StageOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Every stage of the project. */
  readonly stages: readonly StageConfig[];
  readonly onCall?: AwsAccess['onCall'];
}

/**
 * Chooses the stage: `--stage`, else `BRIDGE_STAGE`, else the only one that is not `local`. With
 * several there is no default, because a guess could replay events in the wrong account.
 *
 * @throws UsageError naming the stages
 */
function chooseStage(choice: Pick<StageChoice, 'stage' | 'env' | 'stages'>): StageConfig {
  const names = choice.stages.map(({ name }) => name).join(', ');
  const deployable = choice.stages.filter(({ name }) => name !== LOCAL_STAGE);
  const wanted = choice.stage ?? (choice.env['BRIDGE_STAGE'] || undefined);
  if (wanted === undefined) {
    const [only, ...others] = deployable;
    if (only !== undefined && others.length === 0) return only;
    throw new UsageError(`Which stage? Add --stage with one of: ${names}.`);
  }
  const found = choice.stages.find(({ name }) => name === wanted);
  if (found !== undefined) return found;
  throw new UsageError(
    `There is no stage ${JSON.stringify(wanted)} in config/index.ts; the stages are: ${names}.`,
  );
}

/**
 * Finds the chosen stage.
 *
 * @throws UsageError, OperatorError, or AWS's error
 */
export async function findStage(choice: StageChoice): Promise<StageContext> {
  const stage = chooseStage(choice);
  const { bridgeUrl, env, region, profile, onCall } = choice;
  if (stage.name !== LOCAL_STAGE) {
    if (bridgeUrl !== undefined) {
      throw new UsageError(
        `--bridge-url is for the local bridge, but the stage is ${stage.name}; add --stage ${LOCAL_STAGE}.`,
      );
    }
    const access = { region: region ?? stage.region, profile, onCall };
    const found = await findDeployedStack(stage, access);
    const { stackName, outputs } = found;
    const { pagerDutyUrl } = stage;
    return stageContext({
      stage,
      stackName,
      outputs,
      access: { ...access, region: found.region },
      pagerDutyUrl,
    });
  }
  const url =
    bridgeUrl === undefined
      ? readBridgeUrl(env['BRIDGE_URL'] || DEFAULT_BRIDGE_URL, 'BRIDGE_URL')
      : readBridgeUrl(bridgeUrl, '--bridge-url');
  const { stageName, stackName, outputs, access, pagerDutyUrl } = await findLocalStack(url);
  return stageContext({
    // The bridge may run another stage than `local`: then its routes count.
    stage: choice.stages.find(({ name }) => name === stageName) ?? stage,
    stackName,
    outputs,
    access: { ...access, onCall },
    bridgeUrl: url,
    pagerDutyUrl,
  });
}
