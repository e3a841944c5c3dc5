import { text } from 'node:stream/consumers';

import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, describe, expect, test } from '@jest/globals';

import { secretReader } from '../../../lambda/shared/secret.ts';
import { httpServer, type Loopback } from '../../../testkit/loopback.ts';

const ARN = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:token-AbCdEf';
const open: Loopback[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map(async ({ close }) => close()));
});

/** A Secrets Manager that gives every request the same response and records the requests. */
async function secretsManager(status: number, answer: object) {
  const asked: unknown[] = [];
  const server = await httpServer(async (request, response) => {
    asked.push(JSON.parse(await text(request)));
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(answer));
  });
  open.push(server);
  const client = new SecretsManagerClient({
    endpoint: `http://127.0.0.1:${server.port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  return { read: secretReader(client, ARN), asked };
}

describe('reading a secret', () => {
  test.each(['AWSCURRENT', 'AWSPREVIOUS'] as const)('reads the version %s', async (version) => {
    const { read, asked } = await secretsManager(200, { SecretString: 'value' });
    expect(await read(version)).toBe('value');
    expect(asked).toEqual([{ SecretId: ARN, VersionStage: version }]);
  });

  test('resolves to undefined when there is no previous version', async () => {
    const { read } = await secretsManager(400, { __type: 'ResourceNotFoundException' });
    expect(await read('AWSPREVIOUS')).toBeUndefined();
  });

  test('rejects when the secret does not exist', async () => {
    const { read } = await secretsManager(400, { __type: 'ResourceNotFoundException' });
    await expect(read('AWSCURRENT')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test.each(['AWSCURRENT', 'AWSPREVIOUS'] as const)(
    'rejects when access to %s is denied',
    async (version) => {
      const { read } = await secretsManager(400, { __type: 'AccessDeniedException' });
      await expect(read(version)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    },
  );
});
