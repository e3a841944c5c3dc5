/** How a function's code is made from its source: one place, so that what is measured is what is deployed. */

import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
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
 * The options of esbuild. ES modules with code splitting load fastest: what the SDK imports only
 * for other kinds of credentials stays in chunks that are never read. `mainFields` picks the
 * packages' ES modules, which tree shaking needs. Paths are relative to the repository, so the same
 * source gives the same bytes wherever it is checked out.
 */
export function bundleOptions(name: FunctionName, outdir: string): BuildOptions {
  return {
    absWorkingDir: PROJECT_ROOT,
    entryPoints: { index: `lambda/${name}/handler.ts` },
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    splitting: true,
    minify: true,
    mainFields: ['module', 'main'],
    legalComments: 'none',
    sourcemap: false,
    logLevel: 'warning',
  };
}

/**
 * Writes a function's bundle and its routes into a directory.
 *
 * @throws Error of esbuild when the source cannot be bundled
 */
export function bundleFunction(name: FunctionName, routes: readonly Route[], outdir: string): void {
  buildSync(bundleOptions(name, outdir));
  writeFileSync(join(outdir, ROUTES_FILE), JSON.stringify(routes));
}

/** The code asset of a function. Its hash is that of the bundle, so it changes when the bundle does. */
export function functionCode(name: FunctionName, routes: readonly Route[]): Code {
  return Code.fromAsset(join(PROJECT_ROOT, 'lambda'), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never pulled: the bundle is always made here, by esbuild.
      image: DockerImage.fromRegistry('unused'),
      // Never run either. CDK makes one asset of two whose options are the same, and does not see
      // into tryBundle: what makes this bundle another one has to be said here.
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
