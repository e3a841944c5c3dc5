/** Builds the CDK app: the same one for `cdk`, for tests, for the review and for the local bridge. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import type { StageConfig } from '../config/stage.ts';
import { isJsonObject, type JsonObject } from '../lambda/shared/json.ts';
import { BridgeStack } from './bridge-stack.ts';
import { PROJECT_ROOT } from './bundle.ts';

/** What to synthesise. */
export interface BridgeAppProps {
  readonly stages: readonly StageConfig[];
  /** Directory for templates and assets. @default what the CDK CLI says, else a temporary one */
  readonly outdir?: string;
  /**
   * Whether to bundle the functions. Without, synthesis takes no esbuild and the assets' hashes do
   * not depend on the functions' code. @default true
   */
  readonly bundle?: boolean;
  /**
   * Whether the templates are checked against the rules of CloudFormation. Loading the rules takes
   * seconds, which a test that looks at something else can save. @default true
   */
  readonly validate?: boolean;
}

/**
 * The feature flags of `cdk.json`. The CLI passes them on to the app that it starts; an app in
 * this process has to read them itself, to give the same template.
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
    // What the CLI makes of pathMetadata and assetMetadata.
    'aws:cdk:enable-path-metadata': parsed['pathMetadata'] === true,
    'aws:cdk:enable-asset-metadata': parsed['assetMetadata'] === true,
  };
}

/** Builds the app, one stack a stage. `.synth()` writes it. */
export function bridgeApp(props: BridgeAppProps): App {
  const { stages, outdir, bundle = true, validate = true } = props;
  const app = new App({
    ...(outdir === undefined ? {} : { outdir }),
    context: cdkContext(),
    analyticsReporting: false,
    ...(validate ? {} : { builtinCloudFormationValidation: false }),
    ...(bundle ? {} : { postCliContext: { 'aws:cdk:bundling-stacks': [] } }),
  });
  for (const stage of stages) new BridgeStack(app, { stage });
  return app;
}
