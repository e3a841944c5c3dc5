import { expect, test } from '@jest/globals';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { bridgeApp } from '../../lib/bridge-app.ts';
import { hardened } from './stages.ts';

/** The app of a stage whose functions run on a given runtime. */
function appOn(runtime: string): ReturnType<typeof bridgeApp> {
  const app = bridgeApp({ stages: [hardened], bundle: false });
  for (const node of app.node.findAll()) {
    if (node instanceof CfnFunction) node.addPropertyOverride('Runtime', runtime);
  }
  return app;
}

test('a deprecated runtime stops the synthesis', () => {
  expect(() => appOn('nodejs14.x').synth()).toThrow(/nodejs14\.x|validation/i);
  expect(() => appOn('nodejs24.x').synth()).not.toThrow();
});
