import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SECRET_ARN, startHarness, type EndpointHarness } from '../aws-endpoint/harness.ts';

let harness: EndpointHarness;

beforeEach(async () => {
  harness = await startHarness();
});

afterEach(() => harness.stop());

function get(stage?: string) {
  return harness.secrets.send(
    new GetSecretValueCommand({
      SecretId: SECRET_ARN,
      ...(stage === undefined ? {} : { VersionStage: stage }),
    }),
  );
}

function putWithToken(text: string) {
  return harness.secrets.send(
    new PutSecretValueCommand({
      SecretId: SECRET_ARN,
      SecretString: text,
      ClientRequestToken: 'a'.repeat(32),
    }),
  );
}

describe('Secrets Manager through the AWS endpoint', () => {
  test('a new value becomes current, and the old one previous', async () => {
    await expect(get('AWSPREVIOUS')).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: expect.stringContaining('staging label: AWSPREVIOUS'),
    });
    await harness.secrets.send(
      new PutSecretValueCommand({ SecretId: 'keys', SecretString: 'two' }),
    );
    await harness.secrets.send(
      new PutSecretValueCommand({ SecretId: 'keys', SecretString: 'three' }),
    );
    expect((await get()).SecretString).toBe('three');
    expect((await get('AWSPREVIOUS')).SecretString).toBe('two');
  });

  test('the same token with the same value changes nothing, and with another value is refused', async () => {
    await putWithToken('two');
    await putWithToken('two');
    expect((await get('AWSPREVIOUS')).SecretString).toBe('{}');
    await expect(putWithToken('other')).rejects.toMatchObject({ name: 'ResourceExistsException' });
  });

  test('a label moves from version to version, and back', async () => {
    const before = await get();
    const after = await harness.secrets.send(
      new PutSecretValueCommand({
        SecretId: SECRET_ARN,
        SecretString: 'two',
        VersionStages: ['PENDING'],
      }),
    );
    expect((await get()).SecretString).toBe('{}');
    await harness.secrets.send(
      new UpdateSecretVersionStageCommand({
        SecretId: SECRET_ARN,
        VersionStage: 'AWSCURRENT',
        MoveToVersionId: after.VersionId,
        RemoveFromVersionId: before.VersionId,
      }),
    );
    expect((await get()).SecretString).toBe('two');
    const { VersionIdsToStages: stages } = await harness.secrets.send(
      new DescribeSecretCommand({ SecretId: SECRET_ARN }),
    );
    expect(stages).toEqual({
      [String(before.VersionId)]: ['AWSPREVIOUS'],
      [String(after.VersionId)]: ['PENDING', 'AWSCURRENT'],
    });
  });

  test('an unknown secret or operation is an error', async () => {
    await expect(
      harness.secrets.send(new GetSecretValueCommand({ SecretId: 'other' })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(
      harness.secrets.send(new CreateSecretCommand({ Name: 'new', SecretString: 'x' })),
    ).rejects.toMatchObject({ name: 'UnknownOperationException' });
  });
});
