import { expect, test } from '@jest/globals';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { stages } from '../../config/index.ts';
import { referenceStages } from '../../config/reference.ts';
import { bridgeApp } from '../../lib/bridge-app.ts';
import { synthesiseTemplates } from '../../lib/templates.ts';

const reviewed = [...stages, ...referenceStages];

test.each(reviewed)("the template of $name passes CloudFormation's rules", (stage) => {
  expect([...synthesiseTemplates([stage]).keys()]).toEqual([stage.name]);
});

test('a deprecated runtime stops the synthesis', () => {
  const app = bridgeApp({ stages: reviewed.slice(0, 1), bundle: false });
  for (const node of app.node.findAll()) {
    if (node instanceof CfnFunction) node.addPropertyOverride('Runtime', 'nodejs14.x');
  }
  expect(() => app.synth()).toThrow(/nodejs14\.x|validation/i);
});
