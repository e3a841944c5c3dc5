import { text } from 'node:stream/consumers';

import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, describe, expect, test } from '@jest/globals';

import { secretReader } from '../../../lambda/shared/secret.ts';
import { httpServer, type Loopback } from '../../support/loopback.ts';

const ARN = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:token-AbCdEf';
const open: Loopback[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map(async ({ close }) => close()));
});

/** A Secrets Manager that answers every request with one answer, and keeps what it was asked. */
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
  test.each(['AWSCURRENT', 'AWSPREVIOUS'] as const)('gives the version %s', async (version) => {
    const { read, asked } = await secretsManager(200, { SecretString: 'value' });
    expect(await read(version)).toBe('value');
    expect(asked).toEqual([{ SecretId: ARN, VersionStage: version }]);
  });

  test('gives nothing for the version before the first', async () => {
    const { read } = await secretsManager(400, { __type: 'ResourceNotFoundException' });
    expect(await read('AWSPREVIOUS')).toBeUndefined();
  });

  test('fails when the secret itself is not there', async () => {
    const { read } = await secretsManager(400, { __type: 'ResourceNotFoundException' });
    await expect(read('AWSCURRENT')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test.each(['AWSCURRENT', 'AWSPREVIOUS'] as const)(
    'fails when %s may not be read, so that nobody is turned away for it',
    async (version) => {
      const { read } = await secretsManager(400, { __type: 'AccessDeniedException' });
      await expect(read(version)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    },
  );
});
