/** The reference stages have every option of a stage. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { defineStage } from '../../config/define-stage.ts';
import { stages } from '../../config/index.ts';
import { existingInput, ownInput, referenceStages } from '../../config/reference.ts';
import { Stage } from '../../config/stage.ts';
import { isJsonObject } from '../../lambda/shared/json.ts';

/** Options that take something that exists. The stage `own` has none of them. */
const EXISTING = [
  'pagerDutyUrl',
  'alarms.topicArn',
  'customDomain.name',
  'customDomain.certificateArn',
  'customDomain.disableGeneratedUrl',
  'permissionsBoundaryArn',
  'customerManagedKeyArn',
  'vpc.subnetIds',
  'vpc.securityGroupIds',
  'vpc.ingest',
  'proxy.url',
  'proxy.noProxy',
];

/** Options that end in others: `defineStage` puts them into the URL and into the routes. */
const TRANSFORMED = ['pagerDutyRegion', 'severity'];

/** The fields of a schema that is, or contains, an object of known fields. */
function entriesOf(schema: unknown): Readonly<Record<string, unknown>> | undefined {
  if (!isJsonObject(schema)) return undefined;
  const { entries, wrapped, pipe } = schema;
  if (isJsonObject(entries)) return entries;
  const inner: readonly unknown[] = [wrapped, ...(Array.isArray(pipe) ? pipe : [])];
  return inner.map(entriesOf).find((found) => found !== undefined);
}

/** Every option of a stage, such as `alarms.topicArn`. */
function optionsOf(schema: unknown, prefix = ''): readonly string[] {
  const entries = Object.entries(entriesOf(schema) ?? {});
  if (entries.length === 0) return [prefix];
  return entries.flatMap(([name, inner]) =>
    optionsOf(inner, prefix === '' ? name : `${prefix}.${name}`),
  );
}

function valueAt(path: string, value: unknown): unknown {
  return path
    .split('.')
    .reduce((inner, key) => (isJsonObject(inner) ? inner[key] : undefined), value);
}

const OPTIONS = optionsOf(Stage);

/** Options that are not in a stage. */
function missingIn(input: unknown): readonly string[] {
  return OPTIONS.filter((path) => valueAt(path, input) === undefined).toSorted();
}

test('every option is in own, or takes something that exists and is in existing', () => {
  expect(OPTIONS.length).toBeGreaterThan(40);
  expect(missingIn(ownInput)).toEqual(EXISTING.toSorted());
  expect(missingIn(existingInput).filter((path) => EXISTING.includes(path))).toEqual([]);
});

test('every option has another value than its default, so that the templates show its effect', () => {
  const byDefault = defineStage({ name: 'default', routes: [{ environment: 'e', service: 's' }] });
  const [own, existing] = referenceStages;
  const unchanged = OPTIONS.filter((path) => {
    const [value, fallback] = [EXISTING.includes(path) ? existing : own, byDefault].map((stage) =>
      JSON.stringify(valueAt(path, stage)),
    );
    return value === fallback;
  });
  expect(unchanged).toEqual(TRANSFORMED);
});

describe('no command deploys them', () => {
  test('they are not among the stages of the project', () => {
    const names = new Set(stages.map(({ name }) => name));
    expect(referenceStages.filter(({ name }) => names.has(name))).toEqual([]);
  });

  test('only the review and the tests import them', () => {
    const root = join(import.meta.dirname, '../..');
    const importers = ['bin', 'config', 'explain', 'lib', 'local', 'ops'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .map((file) => join(folder, file))
        .filter((file) => file.endsWith('.ts'))
        .filter((file) => readFileSync(join(root, file), 'utf8').includes("reference.ts'")),
    );
    expect(importers).toEqual(['bin/review.ts']);
  });
});
