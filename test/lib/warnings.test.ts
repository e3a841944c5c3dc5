import { expect, test } from '@jest/globals';
import { defineStage } from '../../config/define-stage.ts';
import { warningsOf } from '../../config/warnings.ts';
import { bridgeApp } from '../../lib/bridge-app.ts';

const stage = defineStage({
  name: 'warned',
  routes: [{ environment: 'production', metric: 'request', service: 's' }],
});

/** The warnings that the CDK CLI prints. */
function annotations(warn: boolean): readonly unknown[] {
  const { node } = bridgeApp({ stages: [stage], bundle: false, warn }).node.findChild('warned');
  return node.metadata.filter(({ type }) => type === 'aws:cdk:warning').map(({ data }) => data);
}

test('the CDK CLI prints the warnings about a stage', () => {
  expect(annotations(true)).toEqual(warningsOf(stage).map((text) => `${text} [ack: bridge:stage]`));
  expect(warningsOf(stage)).toHaveLength(2);
});

test('what else synthesises it does not', () => {
  expect(annotations(false)).toEqual([]);
});
