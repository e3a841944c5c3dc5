import { SecretValue } from 'aws-cdk-lib';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { ENV } from '../lambda/shared/environment.ts';
import type { BridgeFunction } from './bridge-function.ts';
import { secretOf, type Storage } from './storage.ts';

/**
 * Value of the secret until you set the first key. CloudFormation writes a secret's value only when
 * this property changes. This text must never change: the next deployment would replace every key.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-secretsmanager-secret.html
 */
const INITIAL_KEYS = '{}';

/** Properties of {@link IntegrationKeys}. */
export interface IntegrationKeysProps {
  readonly storage: Storage;
}

/**
 * PagerDuty's integration keys, `{"<service>": "<key>"}`, set after a deployment and never by one.
 */
export class IntegrationKeys extends Construct {
  readonly secret: Secret;

  readonly #storage: Storage;

  constructor(scope: Construct, id: string, props: IntegrationKeysProps) {
    super(scope, id);
    this.#storage = props.storage;
    this.secret = secretOf(this, 'Secret', props.storage, {
      description: 'PagerDuty integration keys by service',
      // Not a secret yet: an empty object, so that every reader finds JSON.
      secretStringValue: SecretValue.unsafePlainText(INITIAL_KEYS),
    });
  }

  /** Lets a function read the keys, and sets the variable with the secret's ARN. */
  grantRead(fn: BridgeFunction): void {
    fn.allow(['secretsmanager:GetSecretValue'], this.secret.secretArn);
    this.#storage.stageKey?.grantDecrypt(fn.role);
    fn.setVariable(ENV.integrationKeysSecretArn, this.secret.secretArn);
  }
}
