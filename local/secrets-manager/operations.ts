/** Secrets Manager's operations on the secrets of this machine. */

import type { JsonObject } from '../../lambda/shared/json.ts';
import { failure, success, textOf, type AwsService } from '../aws-endpoint/protocol.ts';
import { SecretError, type SecretStore } from './store.ts';

type Operation = (store: SecretStore, id: string, input: JsonObject) => JsonObject;

/** Times in the JSON protocol are in seconds. */
function seconds(date: Date): number {
  return date.getTime() / 1000;
}

function identity(store: SecretStore, id: string): JsonObject {
  const { arn, name } = store.describe(id);
  return { ARN: arn, Name: name };
}

const OPERATIONS: Readonly<Record<string, Operation>> = {
  GetSecretValue: (store, id, input) => {
    const version = store.get(id, textOf(input, 'VersionId'), textOf(input, 'VersionStage'));
    return {
      ...identity(store, id),
      VersionId: version.id,
      SecretString: version.text,
      VersionStages: [...version.labels],
      CreatedDate: seconds(version.createdAt),
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
    const labels = input['VersionStages'];
    const version = store.put(
      id,
      text,
      Array.isArray(labels) ? labels.map(String) : undefined,
      textOf(input, 'ClientRequestToken'),
    );
    return {
      ...identity(store, id),
      VersionId: version.id,
      VersionStages: [...version.labels],
    };
  },
  UpdateSecretVersionStage: (store, id, input) => {
    store.moveLabel(
      id,
      textOf(input, 'VersionStage') ?? '',
      textOf(input, 'RemoveFromVersionId'),
      textOf(input, 'MoveToVersionId'),
    );
    return identity(store, id);
  },
  DescribeSecret: (store, id) => {
    const { createdAt, changedAt, versions } = store.describe(id);
    return {
      ...identity(store, id),
      CreatedDate: seconds(createdAt),
      LastChangedDate: seconds(changedAt),
      VersionIdsToStages: versions,
    };
  },
};

/** Makes the service of a store's secrets. */
export function secretsManager(store: SecretStore): AwsService {
  return async (operation, input) => {
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
