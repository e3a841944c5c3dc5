/**
 * An upgrade must not replace what holds data: CloudFormation identifies a resource by its logical
 * ID and type, and deletes one that is gone from the template.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from '@jest/globals';

import { stages } from '../../config/index.ts';
import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';
import { replacementIdentity } from '../support/resource-spec.ts';
import { reviewedPath } from '../../lib/reviewed.ts';

/** Types of resources that hold events, dead letters, keys, tokens, logs, or the webhook's address. */
const STATEFUL = new Set([
  'AWS::ApiGatewayV2::Api',
  'AWS::DynamoDB::Table',
  'AWS::KMS::Key',
  'AWS::Logs::LogGroup',
  'AWS::SecretsManager::Secret',
  'AWS::SQS::Queue',
]);

function statefulResources(template: string): ReadonlyMap<string, JsonObject> {
  const { Resources }: JsonObject = JSON.parse(template);
  const resources = isJsonObject(Resources) ? Resources : {};
  return new Map(
    Object.entries(resources).flatMap(([id, resource]) =>
      isJsonObject(resource) && STATEFUL.has(String(resource['Type'])) ? [[id, resource]] : [],
    ),
  );
}

const VERSIONS = readdirSync(import.meta.dirname).filter((name) => /^\d/.test(name));

/**
 * Resources that an upgrade from a version replaces, with the reason. `docs/deploying.md` says what
 * is lost.
 */
const REPLACED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '0.1.0': { WebhookAccessLog49B4A173: 'it got the prefix /aws/vendedlogs/' },
};

/** What decides if CloudFormation keeps a resource: its type, and what cannot change in place. */
function identityOf(resource: JsonObject | undefined): unknown {
  return [resource?.['DeletionPolicy'], replacementIdentity(resource)];
}

const DIRECTIONS = [
  ['an upgrade', (old: string, now: string) => [old, now]],
  ['a rollback', (old: string, now: string) => [now, old]],
] as const;

const CASES = VERSIONS.flatMap((version) =>
  DIRECTIONS.map(([name, direction]) => [name, version, direction] as const),
);

describe.each(CASES)('%s, %s', (_, version, direction) => {
  test.each(stages.map(({ name }) => name))('of %s keeps what holds data', (name) => {
    const file = join(import.meta.dirname, version, `${name}.template.json`);
    // `test/lib/templates.test.ts` compares the reviewed template with that of this checkout.
    const current = readFileSync(reviewedPath(name, 'template'), 'utf8');
    const [before = '', after = ''] = direction(readFileSync(file, 'utf8'), current);
    const existing = statefulResources(before);
    const planned = statefulResources(after);
    const changed: string[] = [];
    expect(existing.size).toBeGreaterThanOrEqual(6);
    for (const [id, resource] of existing) {
      const isKept = isDeepStrictEqual(identityOf(planned.get(id)), identityOf(resource));
      // A table is new since 0.1.0, and a rollback removes it with the incidents that it knows.
      if (!isKept && resource['Type'] !== 'AWS::DynamoDB::Table') changed.push(id);
    }
    expect(changed).toEqual(Object.keys(REPLACED[version] ?? {}));
  });
});
