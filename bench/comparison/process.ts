/**
 * A process that runs the vendor's handler behind an HTTP server. It sends its URL to its parent.
 * Arguments: the folder of the handler, and the base URL of the PagerDuty to call.
 */

import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { isJsonObject } from '../../lambda/shared/json.ts';
import { listenOnLoopback, readBody } from '../../local/http.ts';
import { importHandler } from '../../local/lambda/load-handler.ts';

/** PagerDuty's address in the handler's code. */
const PAGERDUTY = 'https://events.pagerduty.com';
const MAX_BODY_BYTES = 512 * 1024;

const [folder = '', pagerDutyUrl = ''] = process.argv.slice(2);
const file = join(folder, 'handler.js');

/** The part of the handler's HTTP client that redirects its requests. */
interface Client {
  readonly interceptors: {
    readonly request: { readonly use: (change: (config: { url?: string }) => object) => void };
  };
}

function isClient(value: unknown): value is Client {
  return typeof value === 'function' && 'interceptors' in value;
}

// The handler's code has PagerDuty's address. Its HTTP client replaces it, so that the code stays as
// it is.
const client: unknown = createRequire(file)('axios');
if (!isClient(client)) throw new Error(`${folder} has no axios: run npm ci --omit=dev there.`);
client.interceptors.request.use((config) => ({
  ...config,
  url: config.url?.replace(PAGERDUTY, pagerDutyUrl),
}));

const handler = await importHandler(file, 'webhook');
const server = createServer((request, response) => {
  const answer = async (): Promise<void> => {
    const body = (await readBody(request, MAX_BODY_BYTES))?.toString('utf8') ?? '';
    const result = await handler({ body }, {});
    const status = isJsonObject(result) ? Number(result['statusCode']) : 502;
    response.writeHead(status).end();
  };
  answer().catch(() => response.writeHead(502).end());
});
process.on('disconnect', () => process.exit(0));
process.send?.((await listenOnLoopback(server, 0)).url);
