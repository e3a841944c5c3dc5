import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import {
  startAwsGateway,
  type AwsGateway,
  type Authorizer,
} from '../../../local/aws-endpoint/aws-endpoint.ts';

/** ARN of the one secret, whose first value is `{}`. */
export const SECRET_ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:keys-local1';
/** ARN of the one queue. */
export const QUEUE_ARN = 'arn:aws:sqs:us-east-1:000000000000:events';

/** A gateway with one queue and one secret, and the SDK's clients for it. */
export interface GatewayHarness {
  readonly gateway: AwsGateway;
  readonly queueUrl: string;
  /** Calls as `tester`, and does not try again. */
  readonly sqs: SQSClient;
  readonly secrets: SecretsManagerClient;
  readonly stop: () => Promise<void>;
}

export async function startGateway(authorize?: Authorizer): Promise<GatewayHarness> {
  const gateway = await startAwsGateway({
    region: 'us-east-1',
    ...(authorize === undefined ? {} : { authorize }),
  });
  const queueUrl = `${gateway.url}/000000000000/events`;
  await gateway.queues.createQueue({
    logicalId: 'Events',
    name: 'events',
    url: queueUrl,
    arn: QUEUE_ARN,
    attributes: { VisibilityTimeout: '30' },
  });
  gateway.secrets.create(SECRET_ARN, 'keys', '{}');
  const credentials = gateway.register({ name: 'tester', roleArn: 'arn:aws:iam::0:role/tester' });
  const common = { region: 'us-east-1', endpoint: gateway.url, credentials, maxAttempts: 1 };
  const sqs = new SQSClient(common);
  const secrets = new SecretsManagerClient(common);
  return {
    gateway,
    queueUrl,
    sqs,
    secrets,
    stop: async () => {
      sqs.destroy();
      secrets.destroy();
      await gateway.stop();
    },
  };
}
