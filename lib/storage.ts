import { RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { StageConfig } from '../config/stage.ts';
import { logRetention } from './log-retention.ts';
import { StageKey } from './stage-key.ts';

/** How a stage stores things: for how long, and by whose key. */
export interface Storage {
  /** What happens to data when the stack is deleted. */
  readonly removalPolicy: RemovalPolicy;
  /** The stage's own key; without, services encrypt with keys of AWS. */
  readonly stageKey?: StageKey;
}

/** Decides how a stage stores things, and makes its key when it asks for one. */
export function storageOf(scope: Construct, stage: StageConfig): Storage {
  const removalPolicy = stage.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
  return stage.customerManagedKey
    ? { removalPolicy, stageKey: new StageKey(scope, 'StageKey', { removalPolicy }) }
    : { removalPolicy };
}

/** The property of a log group or secret that encrypts it by the stage's own key. */
export function encryptionOf({ stageKey }: Storage): { readonly encryptionKey?: IKey } {
  return stageKey === undefined ? {} : { encryptionKey: stageKey.key };
}

/** Makes a log group as the stage stores things. */
export function logGroupOf(
  scope: Construct,
  id: string,
  stage: StageConfig,
  storage: Storage,
): LogGroup {
  return new LogGroup(scope, id, {
    retention: logRetention(stage.logs.retentionDays),
    removalPolicy: storage.removalPolicy,
    ...encryptionOf(storage),
  });
}
