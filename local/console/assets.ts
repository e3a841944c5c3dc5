/** The page's files. They are bundled at the first request, so that `npm start` does not wait for it. */

import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const PAGE = fileURLToPath(new URL('./page/', import.meta.url));

/**
 * Allows the page's own files, nothing inline and nothing from other origins. Styles set by script
 * are not restricted: https://www.w3.org/TR/CSP3/#directive-style-src-attr
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

/** The page's files by path. */
export type Assets = ReadonlyMap<string, Buffer>;

/**
 * Bundles the page.
 *
 * @throws Error of esbuild when its source cannot be bundled
 */
export function buildAssets(): Assets {
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

/** Paths of {@link buildAssets}, known without bundling. */
export const ASSET_PATHS = ['/', '/icon.svg', '/console.js', '/style.css'] as const;

/** Sends a file of the page. */
export function sendAsset(response: ServerResponse, path: string, body: Buffer): void {
  const type = path === '/' ? 'html' : (path.split('.').at(-1) ?? '');
  response.writeHead(200, {
    'content-type': TYPES[type] ?? 'application/octet-stream',
    'content-length': body.length,
    'content-security-policy': POLICY,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  });
  response.end(body);
}
