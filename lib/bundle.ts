/** Makes a function's code from its source: the same bytes for deployments, tests and benches. */

import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { minifySync } from '@swc/core';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { buildSync, type BuildOptions } from 'esbuild';
import { ROUTES_FILE } from '../lambda/shared/environment.ts';
import type { Route } from '../lambda/shared/routes.ts';

/** Root of the repository. */
export const PROJECT_ROOT = fileURLToPath(new URL('..', import.meta.url));

/** A function that the bridge deploys: the folder of its `handler.ts` below `lambda/`. */
export type FunctionName = 'ingest' | 'delivery';

/** Lambda's handler string for a bundle made by {@link bundleFunction}. */
export const HANDLER = 'index.handler';

/**
 * The options of esbuild. One CommonJS file without unused code loads fastest; the alternatives and
 * their times are in `docs/decisions/0013-the-bundles.md`. `mainFields` picks the packages' ES
 * modules, which tree shaking needs. Paths are relative to the repository, so that the same source
 * gives the same bytes in every checkout.
 */
function bundleOptions(name: FunctionName, outdir: string): BuildOptions {
  return {
    absWorkingDir: PROJECT_ROOT,
    entryPoints: { index: `lambda/${name}/handler.ts` },
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
  const { outputFiles = [], metafile } = buildSync(bundleOptions(name, outdir));
  for (const { path, text } of outputFiles) {
    // A second round over the whole program removes another 7 % of the bytes. Node reads every byte
    // before the function can start.
    const { code } = minifySync(text, { compress: { passes: 2 }, mangle: true, toplevel: true });
    writeFileSync(path, code);
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
