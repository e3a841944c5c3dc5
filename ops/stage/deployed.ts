/** Finds a deployed stage by the outputs of its stack. */

import { stackNameOf } from '../../config/outputs.ts';
import type { StageConfig } from '../../config/stage.ts';
import { watchCalls } from '../aws/calls.ts';
import { clientSettings, type AwsAccess } from '../aws/clients.ts';
import { OperatorError } from '../errors.ts';
import { readOutputs, type StageOutputs } from './outputs.ts';

/** A stage's stack. */
export interface DeployedStack {
  readonly stackName: string;
  /** The region where it was found. */
  readonly region: string;
  readonly outputs: StageOutputs;
}

/** CloudFormation has no error code for a missing stack. */
function isMissingStack(error: unknown): boolean {
  return error instanceof Error && /does not exist/.test(error.message);
}

/**
 * Reads the outputs of a stage's stack.
 *
 * @throws OperatorError when there is no such stack, or when it is not in the stage's account; else
 *   AWS's error
 */
export async function findDeployedStack(
  stage: StageConfig,
  access: AwsAccess,
): Promise<DeployedStack> {
  // Imported here, because importing clients is most of a command's start-up time.
  const { CloudFormationClient, DescribeStacksCommand } =
    await import('@aws-sdk/client-cloudformation');
  const client = watchCalls(new CloudFormationClient(clientSettings(access)), access.onCall);
  const stackName = stackNameOf(stage.name);
  const region = await client.config.region();
  const answer = await client
    .send(new DescribeStacksCommand({ StackName: stackName }))
    .catch((error: unknown) => {
      if (!isMissingStack(error)) throw error;
      throw new OperatorError(
        `There is no stack ${stackName} in ${region} of this account; choose the account with --profile and the region with --region. If the stage was never deployed: npx cdk deploy ${stage.name}`,
        { cause: error },
      );
    });
  const [stack] = answer.Stacks ?? [];
  const account = stack?.StackId?.split(':')[4];
  if (stage.account !== undefined && account !== undefined && account !== stage.account) {
    throw new OperatorError(
      `The stage ${stage.name} belongs to account ${stage.account}, but these credentials are of account ${account}; choose the right ones with --profile.`,
    );
  }
  const outputs = Object.fromEntries(
    (stack?.Outputs ?? []).map(({ OutputKey = '', OutputValue }) => [OutputKey, OutputValue]),
  );
  return { stackName, region, outputs: readOutputs(outputs, `The stack ${stackName}`) };
}
