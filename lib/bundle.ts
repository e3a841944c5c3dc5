/** Makes a function's code from its source: the same bytes for deployments, tests and benches. */

import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { minifySync } from '@swc/core';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { buildSync, type BuildOptions } from 'esbuild';
import { OPEN_INCIDENTS_FILE, ROUTES_FILE } from '../lambda/shared/environment.ts';
import { hasResolvingRoute, type Route } from '../lambda/shared/routes.ts';

/** Root of the repository. */
export const PROJECT_ROOT = fileURLToPath(new URL('..', import.meta.url));

/** A function that the bridge deploys: the folder of its `handler.ts` below `lambda/`. */
export type FunctionName = 'ingest' | 'delivery';

/** Lambda's handler string for a bundle made by {@link bundleFunction}. */
export const HANDLER = 'index.handler';

/** Name of a file of the bundle, without extension -> its source. */
type EntryPoints = Readonly<Record<string, string>>;

/**
 * The files of a function's bundle. Delivery loads the DynamoDB client only in a stage that resolves
 * incidents. In one CommonJS file, esbuild would put it into the handler's file, and Node would
 * read it at every cold start of every stage.
 */
function entryPointsOf(name: FunctionName, routes: readonly Route[]): EntryPoints {
  const handler = { index: `lambda/${name}/handler.ts` };
  if (name !== 'delivery' || !hasResolvingRoute(routes)) return handler;
  const file = basename(OPEN_INCIDENTS_FILE, '.cjs');
  return { ...handler, [file]: 'lambda/delivery/open-incidents/dynamodb.ts' };
}

/**
 * The options of esbuild. One CommonJS file without unused code loads fastest; the alternatives and
 * their times are in `docs/decisions/0013-the-bundles.md`. `mainFields` picks the packages' ES
 * modules, which tree shaking needs. Paths are relative to the repository, so that the same source
 * gives the same bytes in every checkout.
 */
function bundleOptions(entryPoints: EntryPoints, outdir: string): BuildOptions {
  return {
    absWorkingDir: PROJECT_ROOT,
    entryPoints,
    outdir,
    // CommonJS for Lambda and for Node, in spite of "type": "module" in a package.json nearby.
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    define: { 'import.meta.dirname': '__dirname' },
    minify: true,
    mainFields: ['module', 'main'],
    alias: { '@aws-sdk/credential-provider-node': './lambda/shared/credential-provider.ts' },
    // Only operations that stream events need it; SQS and Secrets Manager have none.
    external: ['@smithy/core/event-streams'],
    legalComments: 'none',
    sourcemap: false,
    logLevel: 'warning',
    metafile: true,
    write: false,
  };
}

/**
 * The statement without effect at the end of a file of esbuild, in which Node finds the names that a
 * dynamic import of the file has. The second round of minifying removes it.
 */
function exportNames(text: string): string {
  return /0&&\(module\.exports=\{.*\}\);?\s*$/.exec(text)?.[0].trim() ?? '';
}

/**
 * Writes a function's bundle and its routes into a directory.
 *
 * @returns bytes by source file, before the second round of minifying
 * @throws Error of esbuild when the source cannot be bundled
 */
export function bundleFunction(
  name: FunctionName,
  routes: readonly Route[],
  outdir: string,
): ReadonlyMap<string, number> {
  const { outputFiles = [], metafile } = buildSync(
    bundleOptions(entryPointsOf(name, routes), outdir),
  );
  for (const { path, text } of outputFiles) {
    // A second round over the whole program removes another 7 % of the bytes. Node reads every byte
    // before the function can start.
    const { code } = minifySync(text, { compress: { passes: 2 }, mangle: true, toplevel: true });
    const names = basename(path) === OPEN_INCIDENTS_FILE ? exportNames(text) : '';
    writeFileSync(path, code + names);
  }
  writeFileSync(join(outdir, ROUTES_FILE), JSON.stringify(routes));
  const inputs = Object.values(metafile?.outputs ?? {}).flatMap((output) =>
    Object.entries(output.inputs),
  );
  return new Map(inputs.map(([file, { bytesInOutput }]) => [file, bytesInOutput]));
}

/** The code asset of a function. Its hash is the hash of the bundle. */
export function functionCode(name: FunctionName, routes: readonly Route[]): Code {
  return Code.fromAsset(join(PROJECT_ROOT, 'lambda'), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never pulled: esbuild always makes the bundle on this machine.
      image: DockerImage.fromRegistry('unused'),
      // Never run either. CDK makes one asset of two that have the same options, and does not see
      // into tryBundle, so the options have to contain everything that changes the bundle.
      command: [name, createHash('sha256').update(JSON.stringify(routes)).digest('hex')],
      local: {
        tryBundle(outdir) {
          bundleFunction(name, routes, outdir);
          return true;
        },
      },
    },
  });
}
