import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { cdkContext } from '../../lib/bridge-app.ts';
import { isJsonObject } from '../../lambda/shared/json.ts';

function read(path: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
  if (!isJsonObject(value)) throw new Error(`${path} is not an object`);
  return value;
}

test('every feature flag that aws-cdk-lib recommends is set, to what it recommends', () => {
  const recommended = read('../../node_modules/aws-cdk-lib/recommended-feature-flags.json');
  const { context } = read('../../cdk.json');
  expect(context).toEqual(recommended);
});

test('findings of the template validation are errors', () => {
  expect(cdkContext()).toMatchObject({ '@aws-cdk/core:validateAgainstDefaultRules': true });
});

test('templates name the constructs, and nothing of the machine or the CLI', () => {
  expect(read('../../cdk.json')).toMatchObject({
    pathMetadata: true,
    assetMetadata: false,
    versionReporting: false,
  });
});
