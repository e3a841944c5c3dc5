/**
 * Loads a function's handler as Lambda's client for Node 24 does.
 * https://github.com/aws/aws-lambda-nodejs-runtime-interface-client/tree/main/src/function
 */

import { existsSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isJsonObject } from '../../lambda/shared/json.ts';

/** The function that Lambda calls with each event. */
export type Handler = (event: unknown, context: object) => unknown;

/** Endings of the handler's file, in the order of the client. */
const EXTENSIONS = ['', '.js', '.mjs', '.cjs'];

function isHandler(value: unknown): value is Handler {
  return typeof value === 'function';
}

function exportOf(module: unknown, name: string): unknown {
  return isJsonObject(module) ? module[name] : undefined;
}

/**
 * Imports a file, also when it is CommonJS, and takes one of its exports. Node finds the names of the
 * exports of CommonJS only if it can read them from the text, which is not so in a minified bundle.
 * Then `default` has them.
 *
 * @throws Error if the file has no such function
 */
export async function importHandler(file: string, name: string): Promise<Handler> {
  const module: unknown = await import(pathToFileURL(file).href);
  const found = exportOf(module, name) ?? exportOf(exportOf(module, 'default'), name);
  if (!isHandler(found))
    throw new Error(`${basename(file, extname(file))}.${name} is undefined or not exported`);
  return found;
}

/**
 * Loads `index.handler`: the export `handler` of `index.js`, `index.mjs` or `index.cjs`.
 *
 * @throws Error if there is no such file or function
 */
export async function loadHandler(folder: string, handler: string): Promise<Handler> {
  const [name = '', exported = ''] = handler.split('.');
  const file = EXTENSIONS.map((extension) => join(folder, name + extension)).find((path) =>
    existsSync(path),
  );
  if (file === undefined) throw new Error(`Cannot find module '${name}' in ${folder}`);
  return importHandler(file, exported);
}
