/** The bundles, not only their sources, call through the proxy and by FIPS endpoints. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { example } from '../../config/example.ts';
import { ENV } from '../../lambda/shared/environment.ts';
import { TICK_BODY } from '../../lambda/shared/message.ts';
import { bundleFunction, type FunctionName } from '../../lib/bundle.ts';
import { type ConnectProxy, connectProxy } from '../../testkit/connect-proxy.ts';

const routes = [{ environment: '*', service: 'platform', resolveAfterMinutes: 30 }];
const SECRET = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:one';
const QUEUE = 'https://sqs.us-east-1.amazonaws.com/123456789012';

const attributes = {
  ApproximateReceiveCount: '1',
  ApproximateFirstReceiveTimestamp: `${Date.now()}`,
  // Delivery takes no tick that is old.
  SentTimestamp: `${Date.now()}`,
};

/** What makes each function call everything that it calls first. */
const EVENTS: Readonly<Record<FunctionName, unknown>> = {
  ingest: {
    requestContext: { http: { method: 'POST', sourceIp: '203.0.113.1' } },
    pathParameters: { token: 'x'.repeat(43) },
    headers: {},
    body: '{}',
  },
  delivery: {
    Records: [TICK_BODY, 'malformed'].map((body, i) => ({
      messageId: `${i}`,
      receiptHandle: `${i}`,
      body,
      attributes,
      messageAttributes: {},
    })),
  },
};

let proxy: ConnectProxy;
let root: string;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'bundle-egress-'));
  proxy = await connectProxy((client) => client.end('HTTP/1.1 403 Forbidden\r\n\r\n'));
});

afterAll(async () => {
  await proxy.close();
  rmSync(root, { recursive: true, force: true });
});

/** Runs the bundle of a function once, in a process of its own. */
async function invoke(name: FunctionName): Promise<void> {
  const outdir = mkdtempSync(join(root, name));
  bundleFunction(name, routes, outdir);
  const context = "{ getRemainingTimeInMillis: () => 20_000, awsRequestId: 'one' }";
  const script = `require('./index.cjs').handler(${JSON.stringify(EVENTS[name])}, ${context}).then(() => process.exit(0))`;
  const child = spawn(process.execPath, ['-e', script], {
    cwd: outdir,
    stdio: 'ignore',
    env: {
      [ENV.region]: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      [ENV.stageName]: 'example',
      [ENV.webhookTokenSecretArn]: SECRET,
      [ENV.integrationKeysSecretArn]: SECRET,
      [ENV.eventsQueueUrl]: `${QUEUE}/events`,
      [ENV.deadLetterQueueUrl]: `${QUEUE}/dead-letters`,
      [ENV.pagerDutyUrl]: example.pagerDutyUrl,
      [ENV.consoleUrl]: example.consoleUrl,
      [ENV.deliverySettings]: JSON.stringify(example.delivery),
      [ENV.openIncidentsTable]: 'open-incidents',
      [ENV.httpsProxy]: `http://127.0.0.1:${proxy.port}`,
      [ENV.useFipsEndpoint]: 'true',
    },
  });
  const [code] = await once(child, 'close');
  expect(code).toBe(0);
}

test.each<[FunctionName, readonly string[]]>([
  ['ingest', ['secretsmanager-fips']],
  ['delivery', ['dynamodb-fips', 'sqs-fips']],
])('the bundle of %s', async (name, services) => {
  const before = proxy.asked.length;
  await invoke(name);
  const hosts = services.map((service) => `${service}.us-east-1.amazonaws.com:443`);
  expect([...new Set(proxy.asked.slice(before))].toSorted()).toEqual(hosts);
});
