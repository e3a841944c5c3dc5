import { describe, expect, test } from '@jest/globals';
import { defineStage } from '../../config/define-stage.ts';
import { DECRYPT_ONLY, type StageInput } from '../../config/stage.ts';
import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';
import { objectOr } from '../../local/stack/template.ts';
import { templateOf } from './stages.ts';

const input: StageInput = {
  name: 'stage',
  routes: [{ environment: '*', service: 'platform', resolveAfterMinutes: 30 }],
};

type Resources = Readonly<Record<string, JsonObject>>;

function resourcesOf(customerManagedKey: boolean | typeof DECRYPT_ONLY): Resources {
  const { Resources: resources } = templateOf(
    defineStage({ ...input, customerManagedKey }),
  ).toJSON();
  return Object.fromEntries(Object.entries(resources).map(([id, one]) => [id, objectOr(one)]));
}

const on = resourcesOf(true);
const off = resourcesOf(false);
const retired = resourcesOf(DECRYPT_ONLY);

function typeOf(resource: JsonObject | undefined): string {
  return String(resource?.['Type']);
}

/** Logical IDs that a value of a template refers to. */
function referencesIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (!isJsonObject(value)) return [];
  const { Ref: ref, 'Fn::GetAtt': attribute } = value;
  if (typeof ref === 'string') return [ref];
  if (Array.isArray(attribute)) return [String(attribute[0])];
  return Object.values(value).flatMap(referencesIn);
}

/** Everything that CloudFormation writes before a resource. */
function writtenBefore(resources: Resources, id: string): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (one: string): void => {
    const { Properties: properties, DependsOn: dependsOn } = objectOr(resources[one]);
    const direct = [...referencesIn(properties), ...[dependsOn ?? []].flat().map(String)];
    for (const other of direct) {
      if (found.has(other) || resources[other] === undefined) continue;
      found.add(other);
      visit(other);
    }
  };
  visit(id);
  return found;
}

const idsOf = (resources: Resources, type: string): readonly string[] =>
  Object.keys(resources).filter((id) => typeOf(resources[id]) === type);

const [key = ''] = idsOf(on, 'AWS::KMS::Key');

/** Statements on the key, by the role that they are for. */
function keyGrants(
  resources: Resources,
): ReadonlyMap<string, { policy: string; actions: unknown }> {
  return new Map(
    idsOf(resources, 'AWS::IAM::Policy').flatMap((policy) => {
      const { PolicyDocument: document, Roles: roles } = objectOr(
        resources[policy]?.['Properties'],
      );
      const statements = [objectOr(document)['Statement']].flat().map(objectOr);
      return statements
        .filter(({ Resource }) => referencesIn(Resource).includes(key))
        .map(
          ({ Action }) => [String(referencesIn(roles)[0]), { policy, actions: Action }] as const,
        );
    }),
  );
}

describe('when a stage gets a key', () => {
  const grants = [...keyGrants(on).values()].map(({ policy }) => policy);
  const usedByRoles = [
    'AWS::SQS::Queue',
    'AWS::SecretsManager::Secret',
    'AWS::DynamoDB::Table',
    'AWS::Lambda::Function',
  ].flatMap((type) => idsOf(on, type).filter((id) => referencesIn(on[id]).includes(key)));

  test('each role has its permission in a policy that names only the key', () => {
    expect(grants).toHaveLength(3);
    for (const grant of grants) {
      const document = objectOr(on[grant]?.['Properties'])['PolicyDocument'];
      expect(new Set(referencesIn(document))).toEqual(new Set([key]));
    }
  });

  test('CloudFormation writes every permission before it encrypts what the roles use', () => {
    expect(usedByRoles).toHaveLength(7);
    for (const id of usedByRoles) {
      expect([id, grants.filter((grant) => !writtenBefore(on, id).has(grant))]).toEqual([id, []]);
    }
  });

  test('logs and the alarm topic are encrypted after the key has its policy', () => {
    for (const id of [...idsOf(on, 'AWS::Logs::LogGroup'), ...idsOf(on, 'AWS::SNS::Topic')]) {
      expect(writtenBefore(on, id)).toContain(key);
    }
  });
});

function propertyOf(type: string, name: string): readonly unknown[] {
  return idsOf(retired, type).map((id) => objectOr(retired[id]?.['Properties'])[name]);
}

describe('a key that only decrypts', () => {
  test('stays, with its policy and the permissions of each role', () => {
    expect(retired[key]).toEqual(on[key]);
    expect(keyGrants(retired)).toEqual(keyGrants(on));
  });

  test('encrypts nothing', () => {
    const kinds = Object.keys(retired)
      .filter((id) => id !== key && referencesIn(retired[id]?.['Properties']).includes(key))
      .map((id) => typeOf(retired[id]));
    expect(new Set(kinds)).toEqual(new Set(['AWS::IAM::Policy']));
  });

  test('is replaced explicitly where a service would keep it', () => {
    const keys = propertyOf('AWS::SecretsManager::Secret', 'KmsKeyId');
    expect(keys).toEqual(Array(2).fill('alias/aws/secretsmanager'));
    expect(propertyOf('AWS::SQS::Queue', 'SqsManagedSseEnabled')).toEqual([true, true]);
    expect(propertyOf('AWS::DynamoDB::Table', 'SSESpecification')).toEqual([{ SSEEnabled: false }]);
  });

  test('is gone, with every permission, when the setting is false', () => {
    expect(off[key]).toBeUndefined();
    expect(keyGrants(off).size).toBe(0);
  });
});
