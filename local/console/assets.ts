/** Serves the page's files. */

import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const PAGE = fileURLToPath(new URL('./page/', import.meta.url));

/** Content type of each file by its path. */
const TYPES: Readonly<Record<string, string>> = {
  '/': 'text/html; charset=utf-8',
  '/icon.svg': 'image/svg+xml',
  '/console.js': 'text/javascript; charset=utf-8',
  '/style.css': 'text/css; charset=utf-8',
};

const HEADERS = {
  // Allows the page's own files, nothing inline and nothing from other origins. Styles set by script
  // are not restricted: https://www.w3.org/TR/CSP3/#directive-style-src-attr
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

function buildAssets(): ReadonlyMap<string, Buffer> {
  const { outputFiles } = buildSync({
    absWorkingDir: PAGE,
    entryPoints: { console: 'main.ts', style: 'style.css' },
    outdir: PAGE,
    write: false,
    bundle: true,
    platform: 'browser',
    target: 'es2022',
    format: 'esm',
    minify: true,
    legalComments: 'none',
    logLevel: 'silent',
  });
  return new Map([
    ['/', readFileSync(`${PAGE}index.html`)],
    ['/icon.svg', readFileSync(`${PAGE}icon.svg`)],
    ...outputFiles.map(
      ({ path, contents }) => [`/${path.slice(PAGE.length)}`, Buffer.from(contents)] as const,
    ),
  ]);
}

/**
 * Makes what answers a GET of a file, and returns false for any other path. The page is bundled at
 * the first request, so that `npm start` does not wait for it; esbuild's error is thrown then.
 */
export function assetServer(): (path: string, response: ServerResponse) => boolean {
  let assets: ReadonlyMap<string, Buffer> | undefined;
  return (path, response) => {
    const type = TYPES[path];
    if (type === undefined) return false;
    assets ??= buildAssets();
    const body = assets.get(path);
    if (body === undefined) return false;
    const length = { 'content-type': type, 'content-length': body.length };
    response.writeHead(200, { ...HEADERS, ...length }).end(body);
    return true;
  };
}
