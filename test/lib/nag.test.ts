import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Validations } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks, NIST80053R5Checks, ServerlessChecks } from 'cdk-nag';
import * as v from 'valibot';
import { example } from '../../config/example.ts';
import { stages } from '../../config/index.ts';
import { referenceStages } from '../../config/reference.ts';
import type { StageConfig } from '../../config/stage.ts';
import { bridgeApp } from '../../lib/bridge-app.ts';

const Report = v.object({
  pluginReports: v.array(
    v.object({
      pluginName: v.string(),
      violations: v.array(
        v.object({
          ruleName: v.string(),
          violatingConstructs: v.array(v.object({ constructPath: v.string() })),
        }),
      ),
    }),
  ),
});

/** The rule packs. The warnings of the bridge itself are in the same report. */
const PACKS: readonly string[] = ['AwsSolutions', 'NIST.800.53.R5', 'Serverless'];

/** Findings of the rule packs in a stage that are not acknowledged. */
function findings(stage: StageConfig, spoil = false): readonly string[] {
  const outdir = mkdtempSync(join(tmpdir(), 'nag-'));
  try {
    const app = bridgeApp({ stages: [stage], outdir, bundle: false, validate: false });
    if (spoil) new Queue(app.node.findChild(stage.name), 'Extra');
    Validations.of(app).addPlugins(
      new AwsSolutionsChecks(app),
      new NIST80053R5Checks(app),
      new ServerlessChecks(app),
    );
    try {
      app.synth();
    } catch {
      // A finding stops the synthesis; the report names it.
    }
    const report = v.parse(
      Report,
      JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8')),
    );
    const ofPacks = report.pluginReports.filter(({ pluginName }) => PACKS.includes(pluginName));
    expect(ofPacks.map(({ pluginName }) => pluginName)).toEqual(PACKS);
    return ofPacks.flatMap(({ violations }) =>
      violations.flatMap(({ ruleName, violatingConstructs }) =>
        violatingConstructs.map(({ constructPath }) => `${ruleName} ${constructPath}`),
      ),
    );
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

describe('AwsSolutions, NIST 800-53 and Serverless find nothing that is not acknowledged', () => {
  test.each([...stages, ...referenceStages].map((stage) => [stage.name, stage] as const))(
    'in %s',
    (_, stage) => {
      expect(findings(stage)).toEqual([]);
    },
  );

  test('and would find a queue that breaks a rule', () => {
    expect(findings(example, true)).toContain('AwsSolutions-SQS4 example/Extra/Resource');
  });
});
