/** Stages in other partitions than `aws`, and nothing that is true in `aws` only. */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { defineStage } from '../../config/define-stage.ts';
import { DASHBOARD_OUTPUT } from '../../config/outputs.ts';
import { PROJECT_ROOT } from '../../lib/bundle.ts';
import { evaluate, type References } from '../../local/stack/intrinsics.ts';
import { objectOr } from '../../local/stack/template.ts';
import { templateOf } from './stages.ts';

const routes = [{ environment: '*', service: 'platform' }];

/** Address of the dashboard, as CloudFormation evaluates it in a region. */
function dashboardUrl(stageRegion: string | undefined, partition: string, region: string): unknown {
  const stage = { name: 'stage', routes, ...(stageRegion === undefined ? {} : { region }) };
  const template = templateOf(defineStage(stage)).toJSON();
  const references: References = {
    ref: (name) => ({ 'AWS::Partition': partition, 'AWS::Region': region })[name] ?? 'name',
    attribute: () => 'attribute',
    condition: (name) => evaluate(objectOr(template['Conditions'])[name], references),
  };
  const output = objectOr(objectOr(template['Outputs'])[DASHBOARD_OUTPUT]);
  return evaluate(output['Value'], references);
}

describe.each([
  ['aws', 'eu-west-1', 'eu-west-1.console.aws.amazon.com'],
  ['aws-cn', 'cn-north-1', 'cn-north-1.console.amazonaws.cn'],
  ['aws-us-gov', 'us-gov-west-1', 'us-gov-west-1.console.amazonaws-us-gov.com'],
  ['aws-eusc', 'eusc-de-east-1', 'eusc-de-east-1.console.amazonaws-eusc.eu'],
  ['aws-new', 'xyzw-ab-north-12', 'xyzw-ab-north-12.console.aws.amazon.com'],
])('in the partition %s', (partition, region, host) => {
  const url = `https://${host}/cloudwatch/home?region=${region}#dashboards/dashboard/name`;

  test('the dashboard has an address, if the stage names the region and if it does not', () => {
    expect(dashboardUrl(region, partition, region)).toBe(url);
    expect(dashboardUrl(undefined, partition, region)).toBe(url);
  });
});

/** An example in the account that AWS uses in examples; it is in the partition `aws`. */
const OF_EXAMPLE = /123456789012|\$\{ACCOUNT\}/;

test('CloudWatch Logs may use the key under its name in the partition', () => {
  const template = templateOf(defineStage({ name: 'stage', routes, customerManagedKey: true }));
  expect(JSON.stringify(template.findResources('AWS::KMS::Key'))).toContain(
    JSON.stringify({
      'Fn::Join': ['', ['logs.', { Ref: 'AWS::Region' }, '.', { Ref: 'AWS::URLSuffix' }]],
    }),
  );
});

/** Files with an ending in a folder or its folders. */
function filesIn(folder: string): readonly string[] {
  return readdirSync(join(PROJECT_ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => join(folder, file))
    .filter((file) => /\.(?:ts|md|html|js)$/.test(file));
}

test('no code and no document takes the partition for granted', () => {
  const folders = ['bin', 'bench', 'config', 'docs', 'explain', 'lambda', 'lib', 'local', 'ops'];
  const root = readdirSync(PROJECT_ROOT).filter((file) => file.endsWith('.md'));
  const files = [...root, ...folders.flatMap(filesIn)].filter((file) =>
    statSync(join(PROJECT_ROOT, file)).isFile(),
  );
  expect(files.length).toBeGreaterThan(200);
  const text = ['arn', 'aws', ''].join(':');
  expect(
    files.flatMap((file) =>
      readFileSync(join(PROJECT_ROOT, file), 'utf8')
        .split('\n')
        .filter((line) => line.includes(text) && !OF_EXAMPLE.test(line))
        .map((line) => `${file}: ${line.trim()}`),
    ),
  ).toEqual([]);
});
