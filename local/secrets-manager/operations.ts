/** Secrets Manager's operations on the secrets of this machine. */

import type { JsonObject } from '../../lambda/shared/json.ts';
import {
  failure,
  success,
  textOf,
  type AwsResponse,
  type AwsService,
} from '../aws-endpoint/protocol.ts';
import { SecretError, type SecretDescription, type SecretStore } from './store.ts';

type Operation = (store: SecretStore, id: string, input: JsonObject) => JsonObject;

/** The JSON protocol gives times as seconds. */
function seconds(date: Date): number {
  return date.getTime() / 1000;
}

function description(secret: SecretDescription): JsonObject {
  return {
    ARN: secret.arn,
    Name: secret.name,
    CreatedDate: seconds(secret.createdAt),
    LastChangedDate: seconds(secret.changedAt),
    VersionIdsToStages: secret.versions,
  };
}

function stagesOf(input: JsonObject): string[] | undefined {
  const stages = input['VersionStages'];
  return Array.isArray(stages) ? stages.map(String) : undefined;
}

const OPERATIONS: Readonly<Record<string, Operation>> = {
  GetSecretValue: (store, id, input) => {
    const versionId = textOf(input, 'VersionId');
    const stage = textOf(input, 'VersionStage');
    const found = store.get(id, {
      ...(versionId === undefined ? {} : { id: versionId }),
      ...(stage === undefined ? {} : { stage }),
    });
    return {
      ARN: found.arn,
      Name: found.name,
      VersionId: found.versionId,
      SecretString: found.text,
      VersionStages: found.stages,
      CreatedDate: seconds(found.createdAt),
    };
  },
  PutSecretValue: (store, id, input) => {
    const text = textOf(input, 'SecretString');
    if (text === undefined) {
      throw new SecretError(
        'InvalidRequestException',
        'You must provide either SecretString or SecretBinary.',
      );
    }
    const put = store.put(id, text, stagesOf(input), textOf(input, 'ClientRequestToken'));
    return { ARN: put.arn, Name: put.name, VersionId: put.versionId, VersionStages: put.stages };
  },
  UpdateSecretVersionStage: (store, id, input) => {
    const moved = store.moveStage(
      id,
      textOf(input, 'VersionStage') ?? '',
      textOf(input, 'RemoveFromVersionId'),
      textOf(input, 'MoveToVersionId'),
    );
    return { ARN: moved.arn, Name: moved.name };
  },
  DescribeSecret: (store, id) => description(store.describe(id)),
};

/** Answers Secrets Manager's operations from a store. */
export function secretsManager(store: SecretStore): AwsService {
  return async (operation, input): Promise<AwsResponse> => {
    const run = OPERATIONS[operation];
    if (run === undefined) {
      return failure(400, 'UnknownOperationException', `The local bridge has no ${operation}.`);
    }
    try {
      return success(run(store, textOf(input, 'SecretId') ?? '', input));
    } catch (error) {
      if (error instanceof SecretError) return failure(400, error.code, error.message);
      throw error;
    }
  };
}
