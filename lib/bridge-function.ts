import { Duration } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ApplicationLogLevel,
  Architecture,
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
import { logGroupOf, type Storage } from './storage.ts';

/** Properties of {@link BridgeFunction}. */
export interface BridgeFunctionProps {
  readonly stage: StageConfig;
  readonly storage: Storage;
  /** Which of the functions below `lambda/`. */
  readonly name: FunctionName;
  /** What it does, for the Lambda console. */
  readonly description: string;
  readonly memoryMB: number;
  readonly timeoutSeconds: number;
  /** Instances kept for it, and at most. @default none: the account's limit */
  readonly reservedConcurrency?: number;
}

/**
 * A function of the bridge: Node 24 on arm64, JSON logs in a log group of its own, and a role that
 * may write those logs and nothing else until a capability grants more.
 */
export class BridgeFunction extends Construct {
  readonly function: LambdaFunction;
  readonly logGroup: LogGroup;
  readonly role: Role;
  /** Whether instances are kept for it. */
  readonly hasReserve: boolean;
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
    this.logGroup = logGroupOf(this, 'Logs', stage, storage);
    // CDK's own role carries a managed policy that may write to every log group of the account.
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
      architecture: Architecture.ARM_64,
      memorySize: props.memoryMB,
      timeout: Duration.seconds(props.timeoutSeconds),
      ...(reservedConcurrency === undefined
        ? {}
        : { reservedConcurrentExecutions: reservedConcurrency }),
      // Lambda's own segments: how long a start and a run take. No SDK in the bundle for it.
      ...(stage.tracing ? { tracing: Tracing.ACTIVE } : {}),
      role: this.role,
      logGroup: this.logGroup,
      loggingFormat: LoggingFormat.JSON,
      // The stage's level is the logger's own. Lambda's filter stays open: it would take the
      // metrics, which are log lines too, with everything else below the level.
      applicationLogLevelV2: ApplicationLogLevel.DEBUG,
      // What Lambda has to say of an invocation that failed. Of one that went well it would write
      // two lines, more than the bridge itself; its duration and its errors are metrics anyway.
      systemLogLevelV2: SystemLogLevel.WARN,
      ...(storage.stageKey === undefined ? {} : { environmentEncryption: storage.stageKey.key }),
      environment: {
        [ENV.stageName]: stage.name,
        POWERTOOLS_LOG_LEVEL: stage.logs.level,
      },
    });
  }

  /** Allows the function the actions on one resource, and nothing more. */
  allow(actions: readonly string[], resourceArn: string): void {
    this.function.addToRolePolicy(
      new PolicyStatement({ actions: [...actions], resources: [resourceArn] }),
    );
  }

  /** Sets an environment variable: one of the constants in `lambda/shared/environment.ts`. */
  setVariable(name: string, value: string): void {
    this.function.addEnvironment(name, value);
  }
}
