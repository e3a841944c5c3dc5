import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { startAwsEndpoint, type AwsEndpoint } from '../../../local/aws-endpoint/aws-endpoint.ts';
import type { Authorizer } from '../../../local/iam/authorization.ts';

/** ARN of the one secret, whose first value is `{}`. */
export const SECRET_ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:keys-local1';
/** ARN of the one queue. */
export const QUEUE_ARN = 'arn:aws:sqs:us-east-1:000000000000:events';

/** The AWS endpoint with one queue and one secret, and SDK clients for it. */
export interface EndpointHarness {
  readonly aws: AwsEndpoint;
  readonly queueUrl: string;
  /** Its caller is `tester`, and it does not retry. */
  readonly sqs: SQSClient;
  readonly secrets: SecretsManagerClient;
  readonly stop: () => Promise<void>;
}

export async function startHarness(authorize?: Authorizer): Promise<EndpointHarness> {
  const aws = await startAwsEndpoint({
    region: 'us-east-1',
    ...(authorize === undefined ? {} : { authorize }),
  });
  const queueUrl = `${aws.url}/000000000000/events`;
  await aws.queues.createQueue({
    logicalId: 'Events',
    name: 'events',
    url: queueUrl,
    arn: QUEUE_ARN,
    attributes: { VisibilityTimeout: '30' },
  });
  aws.secrets.create(SECRET_ARN, 'keys', '{}');
  const credentials = aws.register({ name: 'tester', roleArn: 'arn:aws:iam::0:role/tester' });
  const common = { region: 'us-east-1', endpoint: aws.url, credentials, maxAttempts: 1 };
  const sqs = new SQSClient(common);
  const secrets = new SecretsManagerClient(common);
  return {
    aws,
    queueUrl,
    sqs,
    secrets,
    stop: async () => {
      sqs.destroy();
      secrets.destroy();
      await aws.stop();
    },
  };
}
