/** The policies that deploying.md asks a platform team for are those that a stage needs. */

import { expect, test } from '@jest/globals';
import * as v from 'valibot';
import { platformFields } from '../../config/platform.ts';
import { referenceStages } from '../../config/reference.ts';
import { reviewedTemplate } from '../lib/stages.ts';
import { textOf } from '../support/markdown.ts';

const DOCUMENT = textOf('docs/deploying.md');

/** A section with its blocks. */
function section(title: string): string {
  const [, ...sections] = DOCUMENT.split(/^#+ /m);
  return sections.find((one) => one.startsWith(`${title}\n`)) ?? '';
}

const Statements = v.array(v.looseObject({ Action: v.union([v.string(), v.array(v.string())]) }));
const Policy = v.looseObject({ Statement: Statements });

/** The statements of the policy in a section. */
function documented(title: string): v.InferOutput<typeof Statements> {
  const [, json = ''] = /```json\n([^`]+)```/.exec(section(title)) ?? [];
  const text = json
    .replaceAll('<account>', '123456789012')
    .replaceAll('<region>', 'us-east-2')
    .replaceAll('<partition>', 'aws');
  return v.parse(Policy, JSON.parse(text)).Statement;
}

/** The actions of statements, each once. */
function actionsOf(statements: v.InferOutput<typeof Statements>): string[] {
  return [...new Set(statements.flatMap(({ Action }) => Action))].toSorted();
}

test('every option for platform teams is in the table, with an example', () => {
  const rows = section('For platform teams').split('\n');
  for (const name of Object.keys(platformFields)) {
    const row = rows.find((one) => one.startsWith(`| \`${name}\``));
    expect(row).toContain(`| \`${name}: `);
  }
});

test('the permissions boundary allows what the roles may do, and no more', () => {
  const statements = referenceStages.flatMap((stage) =>
    Object.values(reviewedTemplate(stage.name).findResources('AWS::IAM::Policy')).flatMap(
      (policy) => v.parse(Policy, policy['Properties'].PolicyDocument).Statement,
    ),
  );
  expect(documented('The permissions boundary').flatMap(({ Action }) => Action)).toEqual(
    actionsOf(statements),
  );
});

test('the policy of a key that exists is that of a key that a stage makes', () => {
  const [key] = Object.values(reviewedTemplate('own').findResources('AWS::KMS::Key'));
  const inAws = JSON.stringify(key?.['Properties'].KeyPolicy).replaceAll(
    '{"Fn::Join":["",["logs.us-east-2.",{"Ref":"AWS::URLSuffix"}]]}',
    '"logs.us-east-2.amazonaws.com"',
  );
  const statements = v
    .parse(Policy, JSON.parse(inAws))
    // CDK adds what the account may do by way of Secrets Manager, which it may do anyway.
    .Statement.filter((one) => !JSON.stringify(one).includes('kms:ViaService'));
  expect(documented('A key of yours')).toEqual(statements);
});
