import { RemovalPolicy } from 'aws-cdk-lib';
import { DECRYPT_ONLY, type StageConfig } from '../config/stage.ts';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, type LogGroupProps } from 'aws-cdk-lib/aws-logs';
import { CfnSecret, Secret, type SecretProps } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { logRetention } from './log-retention.ts';
import { StageKey } from './stage-key.ts';

/** Removal policy and encryption of everything that a stage stores. */
export interface Storage {
  /** Fate of the data when the stack is deleted. */
  readonly removalPolicy: RemovalPolicy;
  /** The stage's own key, for the permissions to use it. */
  readonly stageKey?: StageKey;
  /**
   * The key that encrypts new data. Without one, AWS services encrypt with their own keys. A stage
   * whose key is `decrypt-only` has a {@link Storage.stageKey} but none of these.
   */
  readonly encryptionKey?: IKey;
}

/** Removal policy and encryption of a stage. Makes the stage's key when it has one. */
export function storageOf(scope: Construct, stage: StageConfig): Storage {
  // Not `RETAIN`: it would also keep what a failed first deployment made, and each attempt would leave
  // queues, secrets and a key behind.
  const removalPolicy = stage.keepData
    ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
    : RemovalPolicy.DESTROY;
  if (stage.customerManagedKey === false) return { removalPolicy };
  const stageKey = new StageKey(scope, 'StageKey', {
    removalPolicy,
    existingKeyArn: stage.customerManagedKeyArn,
  });
  return stage.customerManagedKey === DECRYPT_ONLY
    ? { removalPolicy, stageKey }
    : { removalPolicy, stageKey, encryptionKey: stageKey.key };
}

/**
 * The key of a secret without a key of the stage. It is written only after the stage's key was taken
 * away: Secrets Manager keeps a secret's key when an update names none.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecret.html
 */
const AWS_SECRETS_KEY = 'alias/aws/secretsmanager';

/** Makes a secret with the removal policy and encryption of the stage. */
export function secretOf(
  scope: Construct,
  id: string,
  storage: Storage,
  props: SecretProps,
): Secret {
  const { removalPolicy, stageKey, encryptionKey } = storage;
  const secret = new Secret(scope, id, {
    ...props,
    removalPolicy,
    // With the key, CDK also lets Secrets Manager use it, which a key that only decrypts needs too.
    ...(stageKey === undefined ? {} : { encryptionKey: stageKey.key }),
  });
  stageKey?.allowBefore(secret);
  const { defaultChild } = secret.node;
  if (stageKey !== undefined && encryptionKey === undefined && defaultChild instanceof CfnSecret) {
    defaultChild.kmsKeyId = AWS_SECRETS_KEY;
  }
  return secret;
}

/** Makes a log group with the retention, removal policy and encryption of the stage. */
export function logGroupOf(
  scope: Construct,
  id: string,
  stage: StageConfig,
  storage: Storage,
  props: Pick<LogGroupProps, 'logGroupName'> = {},
): LogGroup {
  return new LogGroup(scope, id, {
    ...props,
    retention: logRetention(stage.logs.retentionDays),
    removalPolicy: storage.removalPolicy,
    ...(storage.encryptionKey === undefined ? {} : { encryptionKey: storage.encryptionKey }),
  });
}
