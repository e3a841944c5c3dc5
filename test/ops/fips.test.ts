import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { afterEach, expect, test } from '@jest/globals';
import { sqsClient } from '../../ops/aws/clients.ts';

const NAME = 'AWS_USE_FIPS_ENDPOINT';

afterEach(() => {
  delete process.env[NAME];
});

/** The host that a request would be sent to. */
async function hostOf(): Promise<unknown> {
  const client = sqsClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  let host: unknown;
  client.middlewareStack.add(
    () =>
      async ({ request }) => {
        host = new URL(`https://${Object(request).hostname}`).host;
        throw new Error('not sent');
      },
    { step: 'finalizeRequest' },
  );
  const QueueUrl = 'https://sqs.us-east-1.amazonaws.com/123456789012/events';
  await expect(client.send(new GetQueueAttributesCommand({ QueueUrl }))).rejects.toThrow(
    'not sent',
  );
  return host;
}

test('commands call the FIPS endpoint of SQS if the environment asks for it', async () => {
  expect(await hostOf()).toBe('sqs.us-east-1.amazonaws.com');
  process.env[NAME] = 'true';
  expect(await hostOf()).toBe('sqs-fips.us-east-1.amazonaws.com');
});
