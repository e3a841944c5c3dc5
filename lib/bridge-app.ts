/** Builds the CDK app: the same one for `cdk`, tests, the review and the local bridge. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Annotations, App } from 'aws-cdk-lib';
import type { StageConfig } from '../config/stage.ts';
import { warningsOf } from '../config/warnings.ts';
import { isJsonObject, type JsonObject } from '../lambda/shared/json.ts';
import { BridgeStack } from './bridge-stack.ts';
import { PROJECT_ROOT } from './bundle.ts';

/** What to synthesise. */
export interface BridgeAppProps {
  readonly stages: readonly StageConfig[];
  /** Directory for templates and assets. @default the CDK CLI's, else a temporary one */
  readonly outdir?: string;
  /**
   * Bundle the functions. Without bundles, synthesis does not need esbuild, and the assets' hashes
   * do not depend on the functions' code. @default true
   */
  readonly bundle?: boolean;
  /**
   * Check the templates against the rules of CloudFormation. Loading the rules takes seconds, so
   * tests of something else leave it out. @default true
   */
  readonly validate?: boolean;
  /**
   * Add the warnings about each stage as annotations: the CDK CLI prints them for each of its
   * commands, and `--strict` makes them errors. @default false
   */
  readonly warn?: boolean;
}

/**
 * The feature flags of `cdk.json`. The CLI passes them to the app that it starts. An app in this
 * process reads them itself, to make the same template.
 *
 * @throws Error when cdk.json has no context
 */
export function cdkContext(): JsonObject {
  const text = readFileSync(join(PROJECT_ROOT, 'cdk.json'), 'utf8');
  const parsed: unknown = JSON.parse(text);
  if (!isJsonObject(parsed) || !isJsonObject(parsed['context'])) {
    throw new Error('cdk.json has no "context" object; it holds the feature flags.');
  }
  return {
    ...parsed['context'],
    // The CLI turns pathMetadata and assetMetadata into these.
    'aws:cdk:enable-path-metadata': parsed['pathMetadata'] === true,
    'aws:cdk:enable-asset-metadata': parsed['assetMetadata'] === true,
  };
}

/** ID of CDK's warnings about a stage. */
const STAGE_WARNING = 'bridge:stage';

/** Builds the app, with one stack per stage. `.synth()` writes it. */
export function bridgeApp(props: BridgeAppProps): App {
  const { stages, outdir, bundle = true, validate = true, warn = false } = props;
  const app = new App({
    ...(outdir === undefined ? {} : { outdir }),
    context: cdkContext(),
    analyticsReporting: false,
    ...(validate ? {} : { builtinCloudFormationValidation: false }),
    ...(bundle ? {} : { postCliContext: { 'aws:cdk:bundling-stacks': [] } }),
  });
  for (const stage of stages) {
    const stack = new BridgeStack(app, { stage });
    for (const warning of warn ? warningsOf(stage) : []) {
      Annotations.of(stack).addWarningV2(STAGE_WARNING, warning);
    }
  }
  return app;
}
