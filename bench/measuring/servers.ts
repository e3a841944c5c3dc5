/** Servers for AWS and PagerDuty: HTTPS on 127.0.0.1, fixed answers, no state. */

import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';
import { readBody } from '../../local/http.ts';
import { listen } from '../../testkit/loopback.ts';
import { selfSigned } from '../../testkit/self-signed.ts';

/** The webhook token in the secret of {@link startServers}. */
export const TOKEN = 'the-token-of-the-benchmarks';

/** The integration key of every service of `example`. */
const KEY = 'k'.repeat(32);

/** Running servers. */
export interface Servers {
  /** Base URL of SQS. It also answers for the others. */
  readonly url: string;
  /** Base URL of Secrets Manager: another port, so that connections are not shared, as in AWS. */
  readonly secretsUrl: string;
  /** Base URL of PagerDuty. */
  readonly pagerDutyUrl: string;
  /** File with their certificate, for `NODE_EXTRA_CA_CERTS`. */
  readonly certificate: string;
  /** Number of requests per operation. */
  readonly calls: ReadonlyMap<string, number>;
  readonly stop: () => Promise<void>;
}

const SECRETS: Readonly<Record<string, string>> = {
  token: TOKEN,
  keys: JSON.stringify({ platform: KEY, network: KEY }),
};

/** Secret by its ARN, whose last part is the name. */
function secretOf(id: unknown): string | undefined {
  return SECRETS[String(id).split(':').at(-1) ?? ''];
}

function answerOf(operation: string, input: JsonObject): object {
  const entries: unknown = input['Entries'];
  switch (operation) {
    case 'SendMessage': {
      const digest = createHash('md5').update(String(input['MessageBody'])).digest('hex');
      return { MessageId: randomUUID(), MD5OfMessageBody: digest };
    }
    case 'GetSecretValue':
      return { SecretString: secretOf(input['SecretId']), Name: 'secret', VersionId: '1' };
    default:
      return {
        Successful: Array.isArray(entries) ? entries.map((entry: JsonObject) => entry) : [],
        Failed: [],
      };
  }
}

/**
 * Starts the servers.
 *
 * @param pagerDutyTakes time until PagerDuty answers a call, milliseconds; @default 0
 */
export async function startServers(pagerDutyTakes = 0): Promise<Servers> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-servers-'));
  const { key, cert } = selfSigned('localhost');
  const certificate = join(folder, 'certificate.pem');
  writeFileSync(certificate, cert);
  const calls = new Map<string, number>();
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = (await readBody(request, 8 * 1024 * 1024))?.toString('utf8') ?? '';
    const target = request.headers['x-amz-target'];
    const operation = typeof target === 'string' ? (target.split('.')[1] ?? '') : 'enqueue';
    calls.set(operation, (calls.get(operation) ?? 0) + 1);
    const input: unknown = JSON.parse(body);
    const isCall = operation === 'enqueue';
    if (isCall && pagerDutyTakes > 0) await wait(pagerDutyTakes);
    const text = JSON.stringify(
      isCall
        ? { status: 'success', message: 'Event processed', dedup_key: 'key' }
        : answerOf(operation, isJsonObject(input) ? input : {}),
    );
    response.writeHead(isCall ? 202 : 200, {
      'content-type': request.headers['content-type'] ?? 'application/json',
      'content-length': Buffer.byteLength(text),
    });
    response.end(text);
  };
  const listeners = await Promise.all(
    Array.from({ length: 3 }, async () => {
      const server = createServer({ key, cert }, (request, response) => {
        answer(request, response).catch(() => response.destroy());
      });
      server.keepAliveTimeout = 0;
      return listen(server);
    }),
  );
  const [url = '', secretsUrl = '', pagerDutyUrl = ''] = listeners.map(
    ({ port }) => `https://localhost:${port}`,
  );
  return {
    url,
    secretsUrl,
    pagerDutyUrl,
    certificate,
    calls,
    stop: async () => {
      await Promise.all(listeners.map(async ({ close }) => close()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
