import { RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { StageConfig } from '../config/stage.ts';
import { logRetention } from './log-retention.ts';
import { StageKey } from './stage-key.ts';

/** Removal policy and encryption of everything that a stage stores. */
export interface Storage {
  /** Fate of the data when the stack is deleted. */
  readonly removalPolicy: RemovalPolicy;
  /** The stage's own key. Without one, AWS services encrypt with their own keys. */
  readonly stageKey?: StageKey;
}

/** Removal policy and encryption of a stage. Makes the stage's key when it has one. */
export function storageOf(scope: Construct, stage: StageConfig): Storage {
  const removalPolicy = stage.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
  return stage.customerManagedKey
    ? {
        removalPolicy,
        stageKey: new StageKey(scope, 'StageKey', {
          removalPolicy,
          existingKeyArn: stage.customerManagedKeyArn,
        }),
      }
    : { removalPolicy };
}

/** The property of a log group or secret that encrypts it by the stage's own key. */
export function encryptionOf({ stageKey }: Storage): { readonly encryptionKey?: IKey } {
  return stageKey === undefined ? {} : { encryptionKey: stageKey.key };
}

/** Makes a log group with the retention, removal policy and encryption of the stage. */
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
