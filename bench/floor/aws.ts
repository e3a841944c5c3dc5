/**
 * Signed calls to AWS without the SDK, with Node's own modules. A baseline of `npm run bench`, which
 * is not deployed.
 */

import { createHash, createHmac } from 'node:crypto';
import { Agent, request } from 'node:https';

/** Keeps connections open, as the SDK does. */
const agent = new Agent({ keepAlive: true, maxSockets: 50 });

/** An AWS service. */
export interface Service {
  /** In the credential scope: `sqs`, `secretsmanager`. */
  readonly name: string;
  /** Before the operation in `X-Amz-Target`. */
  readonly target: string;
  /** `1.0` or `1.1` of `application/x-amz-json-…`. */
  readonly json: string;
  /** Base URL. */
  readonly url: string;
}

/** Secrets Manager, at the URL in the environment. */
export function secretsManager(): Service {
  const url = process.env['AWS_ENDPOINT_URL_SECRETS_MANAGER'] ?? '';
  return { name: 'secretsmanager', target: 'secretsmanager', json: '1.1', url };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** Parses a JSON object. Other JSON values become an object without fields. */
export function parseObject(text: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(text);
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** Posts, and reads the answer. */
export async function post(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    request(url, { method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: text });
      });
    })
      .on('error', reject)
      .end(body);
  });
}

/**
 * Calls an operation, signed with Signature Version 4.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
 */
export async function callAws(
  service: Service,
  operation: string,
  input: object,
): Promise<Readonly<Record<string, unknown>>> {
  const { env } = process;
  const region = env['AWS_REGION'] ?? '';
  const url = new URL('/', service.url);
  const body = JSON.stringify(input);
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const day = time.slice(0, 8);
  const signed: Readonly<Record<string, string>> = {
    'content-type': `application/x-amz-json-${service.json}`,
    host: url.host,
    'x-amz-date': time,
    'x-amz-security-token': env['AWS_SESSION_TOKEN'] ?? '',
    'x-amz-target': `${service.target}.${operation}`,
  };
  const names = Object.keys(signed);
  const canonical = [
    'POST',
    '/',
    '',
    ...names.map((name) => `${name}:${signed[name] ?? ''}`),
    '',
    names.join(';'),
    sha256(body),
  ].join('\n');
  const scope = `${day}/${region}/${service.name}/aws4_request`;
  const key = [day, region, service.name, 'aws4_request'].reduce<Buffer | string>(
    hmac,
    `AWS4${env['AWS_SECRET_ACCESS_KEY'] ?? ''}`,
  );
  const signature = hmac(key, ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n'));
  const answer = await post(
    url,
    {
      ...signed,
      authorization: `AWS4-HMAC-SHA256 Credential=${env['AWS_ACCESS_KEY_ID'] ?? ''}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature.toString('hex')}`,
    },
    body,
  );
  if (answer.status !== 200) throw new Error(`${operation} was answered ${answer.status}.`);
  return parseObject(answer.body);
}
