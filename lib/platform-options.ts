/** Applies what the platform team of an account prescribes; see `config/platform.ts`. */

import {
  Aspects,
  AspectPriority,
  CfnResource,
  DefaultStackSynthesizer,
  type Stack,
  type StackProps,
  Tags,
} from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Architecture, CfnFunction, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';
import type { StageConfig } from '../config/stage.ts';
import { ENV } from '../lambda/shared/environment.ts';
import type { FunctionName } from './bundle.ts';

/**
 * Actions by which Lambda attaches a function to a network, under the role of the function. EC2 has
 * no resource for those that describe, and the interfaces do not exist yet.
 * https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaVPCAccessExecutionRole.html
 */
const NETWORK_ACTIONS = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];

/** Types of IAM with a path -> those that also have a boundary. */
const IAM_TYPES: Readonly<Record<string, boolean>> = {
  'AWS::IAM::Role': true,
  'AWS::IAM::ManagedPolicy': false,
};

/**
 * Properties of the stack itself. CloudFormation gives its tags to the resources that it creates; the
 * template has them too, so that a reviewer sees them.
 */
export function platformStackProps({ tags, bootstrapQualifier }: StageConfig): StackProps {
  const props: StackProps = { tags };
  if (bootstrapQualifier === undefined) return props;
  const synthesizer = new DefaultStackSynthesizer({ qualifier: bootstrapQualifier });
  // The type of CDK's class does not fit its own interface with `exactOptionalPropertyTypes`.
  return Object.assign(props, { synthesizer });
}

/**
 * Applies tags, permissions boundary and path to every resource of a stack, also to those that CDK
 * adds.
 */
export function applyPlatformOptions(stack: Stack, stage: StageConfig): void {
  for (const [key, value] of Object.entries(stage.tags)) Tags.of(stack).add(key, value);
  const { permissionsBoundaryArn, iamPath } = stage;
  const visit = (node: IConstruct): void => {
    if (!CfnResource.isCfnResource(node)) return;
    const hasBoundary = IAM_TYPES[node.cfnResourceType];
    if (hasBoundary === undefined) return;
    if (iamPath !== undefined) node.addPropertyOverride('Path', iamPath);
    if (permissionsBoundaryArn !== undefined && hasBoundary) {
      node.addPropertyOverride('PermissionsBoundary', permissionsBoundaryArn);
    }
  };
  Aspects.of(stack).add({ visit }, { priority: AspectPriority.MUTATING });
}

/** Processors of the functions of a stage. */
export function architectureOf({ architecture }: StageConfig): Architecture {
  return architecture === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64;
}

/** True if a function is in the network of the stage. */
export function isInNetwork({ vpc }: StageConfig, name: FunctionName): boolean {
  return vpc !== undefined && (name === 'delivery' || vpc.ingest);
}

/** Puts a function into the network of the stage, behind its proxy, and sets its endpoints. */
export function applyEgress(fn: LambdaFunction, stage: StageConfig, name: FunctionName): void {
  const { vpc, proxy, fipsEndpoints } = stage;
  const isInside = isInNetwork(stage, name);
  if (vpc !== undefined && isInside) {
    const { subnetIds, securityGroupIds } = vpc;
    const resource = fn.node.defaultChild;
    if (!(resource instanceof CfnFunction)) throw new Error('CDK made no function.');
    // CDK's own option needs the VPC too, and makes a security group that allows everything.
    resource.vpcConfig = { subnetIds: [...subnetIds], securityGroupIds: [...securityGroupIds] };
    fn.addToRolePolicy(new PolicyStatement({ actions: NETWORK_ACTIONS, resources: ['*'] }));
  }
  if (proxy !== undefined && (name === 'delivery' || isInside)) {
    fn.addEnvironment(ENV.httpsProxy, proxy.url);
    if (proxy.noProxy.length > 0) fn.addEnvironment(ENV.noProxy, proxy.noProxy.join(','));
  }
  if (fipsEndpoints) fn.addEnvironment(ENV.useFipsEndpoint, 'true');
}
