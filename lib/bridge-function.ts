import { Duration } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ApplicationLogLevel,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { StageConfig } from '../config/stage.ts';
import { ENV } from '../lambda/shared/environment.ts';
import { functionCode, HANDLER, type FunctionName } from './bundle.ts';
import { applyEgress, architectureOf, isInNetwork } from './platform-options.ts';
import { logGroupOf, type Storage } from './storage.ts';

/** Properties of {@link BridgeFunction}. */
export interface BridgeFunctionProps {
  readonly stage: StageConfig;
  readonly storage: Storage;
  /** Folder of the function below `lambda/`. */
  readonly name: FunctionName;
  /** Shown in the Lambda console. */
  readonly description: string;
  readonly memoryMB: number;
  readonly timeoutSeconds: number;
  /** Reserved instances, and the most there can be. @default none: the account's limit */
  readonly reservedConcurrency?: number;
}

/**
 * A function of the bridge: Node 24, JSON logs in a log group of its own, and a role. The
 * role may write those logs; every other permission is granted by the construct that owns the
 * resource.
 */
export class BridgeFunction extends Construct {
  readonly function: LambdaFunction;
  readonly logGroup: LogGroup;
  readonly role: Role;
  /** The function has reserved instances. */
  readonly hasReserve: boolean;
  /** The function is in a VPC. */
  readonly isInNetwork: boolean;
  readonly stageName: string;
  readonly memoryMB: number;
  readonly timeoutSeconds: number;

  constructor(scope: Construct, id: string, props: BridgeFunctionProps) {
    super(scope, id);
    const { stage, storage, name, reservedConcurrency } = props;
    this.stageName = stage.name;
    this.memoryMB = props.memoryMB;
    this.timeoutSeconds = props.timeoutSeconds;
    this.hasReserve = reservedConcurrency !== undefined;
    this.isInNetwork = isInNetwork(stage, name);
    this.logGroup = logGroupOf(this, 'Logs', stage, storage);
    // CDK's default role has a managed policy that may write to every log group of the account.
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `Role of the ${name} function of stage ${stage.name}`,
    });
    this.logGroup.grantWrite(this.role);
    this.function = new LambdaFunction(this, 'Function', {
      description: props.description,
      code: functionCode(name, stage.routes),
      handler: HANDLER,
      runtime: Runtime.NODEJS_24_X,
      architecture: architectureOf(stage),
      memorySize: props.memoryMB,
      timeout: Duration.seconds(props.timeoutSeconds),
      ...(reservedConcurrency === undefined
        ? {}
        : { reservedConcurrentExecutions: reservedConcurrency }),
      // Lambda's own segments, which time starts and runs. They need no SDK in the bundle.
      ...(stage.tracing ? { tracing: Tracing.ACTIVE } : {}),
      role: this.role,
      logGroup: this.logGroup,
      loggingFormat: LoggingFormat.JSON,
      // The functions log nothing below INFO. A higher level would also drop the metrics, which are
      // log lines of level INFO. Lambda sets the variable AWS_LAMBDA_LOG_LEVEL from this, and the
      // logger takes its level from that variable before any other.
      applicationLogLevelV2: ApplicationLogLevel.INFO,
      // Lambda's own lines on a failed invocation. On a successful one it would write two lines,
      // more than the bridge itself; durations and errors are metrics anyway.
      systemLogLevelV2: SystemLogLevel.WARN,
      ...(storage.encryptionKey === undefined
        ? {}
        : { environmentEncryption: storage.encryptionKey }),
      environment: { [ENV.stageName]: stage.name },
    });
    applyEgress(this.function, stage, name);
    storage.stageKey?.allowBefore(this.function);
  }

  /** Allows the function these actions on one resource. */
  allow(actions: readonly string[], resourceArn: string): void {
    this.function.addToRolePolicy(
      new PolicyStatement({ actions: [...actions], resources: [resourceArn] }),
    );
  }

  /** Sets an environment variable, named by a constant of `lambda/shared/environment.ts`. */
  setVariable(name: string, value: string): void {
    this.function.addEnvironment(name, value);
  }
}
