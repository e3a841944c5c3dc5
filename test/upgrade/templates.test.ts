/**
 * An upgrade must not replace what holds data: CloudFormation identifies a resource by its logical
 * ID and type, and deletes one that is gone from the template.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

import { stages } from '../../config/index.ts';
import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';
import { synthesiseTemplates } from '../../lib/templates.ts';

// `test/lib/templates.test.ts` checks the templates against CloudFormation's rules.
const TEMPLATES = synthesiseTemplates(stages, false);

/** Types of resources that hold events, dead letters, keys, tokens, logs, or the webhook's address. */
const STATEFUL = new Set([
  'AWS::ApiGatewayV2::Api',
  'AWS::DynamoDB::Table',
  'AWS::KMS::Key',
  'AWS::Logs::LogGroup',
  'AWS::SecretsManager::Secret',
  'AWS::SQS::Queue',
]);

/** Properties that CloudFormation cannot change without replacing the resource. */
const IMMUTABLE = ['Name', 'QueueName', 'FifoQueue', 'LogGroupName', 'ProtocolType', 'TableName'];

function statefulResources(template: string): ReadonlyMap<string, JsonObject> {
  const { Resources }: JsonObject = JSON.parse(template);
  const resources = isJsonObject(Resources) ? Resources : {};
  return new Map(
    Object.entries(resources).flatMap(([id, resource]) =>
      isJsonObject(resource) && STATEFUL.has(String(resource['Type'])) ? [[id, resource]] : [],
    ),
  );
}

function identityOf(resource: JsonObject | undefined): unknown {
  const properties = isJsonObject(resource?.['Properties']) ? resource['Properties'] : {};
  return {
    type: resource?.['Type'],
    deletion: resource?.['DeletionPolicy'],
    immutable: IMMUTABLE.map((name) => properties[name]),
  };
}

test.each(stages.map(({ name }) => name))(
  'an upgrade of %s from version 0.1.0 keeps every resource that holds data',
  (name) => {
    const before = statefulResources(
      readFileSync(join(import.meta.dirname, '0.1.0', `${name}.template.json`), 'utf8'),
    );
    const after = statefulResources(TEMPLATES.get(name) ?? '{}');
    expect(before.size).toBeGreaterThanOrEqual(6);
    for (const [id, resource] of before) {
      expect([id, identityOf(after.get(id))]).toEqual([id, identityOf(resource)]);
    }
  },
);
