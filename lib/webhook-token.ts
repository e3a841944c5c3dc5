import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { ENV } from '../lambda/shared/environment.ts';
import type { BridgeFunction } from './bridge-function.ts';
import { secretOf, type Storage } from './storage.ts';

/** Properties of {@link WebhookToken}. */
export interface WebhookTokenProps {
  readonly storage: Storage;
}

/**
 * The secret in the webhook URL. The first deployment generates it, and every later one keeps it.
 * Its 43 letters and digits have as much entropy as 256 random bits, and need no escaping in a URL.
 */
export class WebhookToken extends Construct {
  readonly secret: Secret;

  readonly #storage: Storage;

  constructor(scope: Construct, id: string, props: WebhookTokenProps) {
    super(scope, id);
    this.#storage = props.storage;
    this.secret = secretOf(this, 'Secret', props.storage, {
      description: 'Token of the webhook URL that Glasnostic posts to',
      generateSecretString: { passwordLength: 43, excludePunctuation: true, includeSpace: false },
    });
  }

  /** Lets a function read the token, and sets the variable with the secret's ARN. */
  grantRead(fn: BridgeFunction): void {
    fn.allow(['secretsmanager:GetSecretValue'], this.secret.secretArn);
    this.#storage.stageKey?.grantDecrypt(fn.role);
    fn.setVariable(ENV.webhookTokenSecretArn, this.secret.secretArn);
  }
}
