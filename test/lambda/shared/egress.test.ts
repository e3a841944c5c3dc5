/** Calls through a proxy and to FIPS endpoints, over TLS, by a real proxy on this machine. */

import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { createSecureContext, getCACertificates, setDefaultCACertificates } from 'node:tls';

import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { DeleteMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';

import { openIncidentsTable } from '../../../lambda/delivery/open-incidents/dynamodb.ts';
import { pagerDutyClient } from '../../../lambda/pagerduty/client.ts';
import { secretsClient, sqsClient } from '../../../lambda/shared/clients.ts';
import { type Egress, egressOf } from '../../../lambda/shared/egress.ts';
import { ENV } from '../../../lambda/shared/environment.ts';
import {
  type ConnectProxy,
  connectProxy,
  type OnConnect,
  tunnelTo,
} from '../../../testkit/connect-proxy.ts';
import { listen, type Loopback } from '../../../testkit/loopback.ts';
import { selfSigned } from '../../../testkit/self-signed.ts';
import { pagerDutyEvent } from '../../support/pagerduty-event.ts';

const REGION = 'us-east-1';
const QUEUE_URL = `https://sqs.${REGION}.amazonaws.com/123456789012/events`;
const CREDENTIALS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const;

const HOSTS = [
  'localhost',
  'events.pagerduty.com',
  ...['sqs', 'secretsmanager', 'dynamodb'].flatMap((service) => [
    `${service}.${REGION}.amazonaws.com`,
    `${service}-fips.${REGION}.amazonaws.com`,
  ]),
];
const certificates = new Map(HOSTS.map((host) => [host, selfSigned(host)]));
const trusted = getCACertificates('default');
const open: Loopback[] = [];

beforeAll(() => {
  setDefaultCACertificates([...certificates.values()].map(({ cert }) => cert));
  for (const name of CREDENTIALS) process.env[name] = 'test';
});

afterAll(() => {
  setDefaultCACertificates(trusted);
  for (const name of CREDENTIALS) delete process.env[name];
});

afterEach(async () => {
  await Promise.all(open.splice(0).map(async ({ close }) => close()));
});

/** A TLS server with the certificate of every host. */
async function tlsServer(listener: RequestListener): Promise<Loopback> {
  const server = createServer(
    {
      SNICallback: (host, done) => done(null, createSecureContext(certificates.get(host))),
    },
    listener,
  );
  const loopback = await listen(server);
  open.push(loopback);
  return loopback;
}

const accepting: RequestListener = (request, response) => {
  request.resume().on('end', () => response.writeHead(202).end('{}'));
};

async function proxyThat(onConnect: OnConnect): Promise<ConnectProxy> {
  const proxy = await connectProxy(onConnect);
  open.push(proxy);
  return proxy;
}

async function proxyTo(listener: RequestListener): Promise<ConnectProxy> {
  const { port } = await tlsServer(listener);
  return proxyThat(tunnelTo(port));
}

function through({ port }: ConnectProxy, more: Readonly<Record<string, string>> = {}): Egress {
  return egressOf({ [ENV.httpsProxy]: `http://127.0.0.1:${port}`, ...more });
}

function pagerDuty({ proxyAgent }: Egress, timeout = 2_000) {
  const baseUrl = 'https://events.pagerduty.com';
  return pagerDutyClient({ baseUrl, timeout, proxyAgent, now: Date.now });
}

/** One call by each client of the functions; each needs an answer of its service. */
async function callAws(egress: Egress): Promise<void> {
  const queue = sqsClient(REGION, egress);
  await queue.send(new DeleteMessageCommand({ QueueUrl: QUEUE_URL, ReceiptHandle: 'one' }));
  await secretsClient(REGION, egress).send(new GetSecretValueCommand({ SecretId: 'keys' }));
  const table = openIncidentsTable({ region: REGION, egress, tableName: 't', claimDuration: 1 });
  await table.forget({ incidentKey: 'one', at: 0 });
}

/** Answers as AWS. */
const aws: RequestListener = (request, response) => {
  request.resume().on('end', () => response.writeHead(200).end('{}'));
};

describe('through a proxy', () => {
  test('delivery calls PagerDuty, by one tunnel', async () => {
    const proxy = await proxyTo(accepting);
    const send = pagerDuty(through(proxy));
    expect(await send(pagerDutyEvent())).toEqual({ kind: 'delivered', status: 202 });
    expect(await send(pagerDutyEvent())).toEqual({ kind: 'delivered', status: 202 });
    expect(proxy.asked).toEqual(['events.pagerduty.com:443']);
  });

  test('the functions call AWS', async () => {
    const proxy = await proxyTo(aws);
    await callAws(through(proxy));
    expect(proxy.asked).toEqual([
      `sqs.${REGION}.amazonaws.com:443`,
      `secretsmanager.${REGION}.amazonaws.com:443`,
      `dynamodb.${REGION}.amazonaws.com:443`,
    ]);
  });

  test('that is itself called over TLS', async () => {
    const { port } = await tlsServer(accepting);
    const proxy = await connectProxy(tunnelTo(port), certificates.get('localhost'));
    open.push(proxy);
    const egress = egressOf({ [ENV.httpsProxy]: `https://localhost:${proxy.port}` });
    expect(await pagerDuty(egress)(pagerDutyEvent())).toEqual({ kind: 'delivered', status: 202 });
    expect(proxy.asked).toEqual(['events.pagerduty.com:443']);
  });

  test('hosts of NO_PROXY are called directly', async () => {
    const { port } = await tlsServer(accepting);
    const proxy = await proxyThat(tunnelTo(port));
    const egress = through(proxy, { [ENV.noProxy]: 'events.pagerduty.invalid,.example.com' });
    const baseUrl = 'https://events.pagerduty.invalid';
    const { proxyAgent } = egress;
    const outcome = await pagerDutyClient({ baseUrl, timeout: 2_000, proxyAgent, now: Date.now })(
      pagerDutyEvent(),
    );
    expect(outcome).toMatchObject({ cause: 'unreachable' });
    expect(proxy.asked).toEqual([]);
  });

  test('a request without an answer may be delivered', async () => {
    const proxy = await proxyTo(() => undefined);
    const outcome = await pagerDuty(through(proxy), 1_000)(pagerDutyEvent());
    expect(outcome).toMatchObject({ kind: 'retry', cause: 'unanswered' });
  });
});

describe('a proxy that makes no tunnel: PagerDuty is unreachable', () => {
  test.each<[string, OnConnect, string]>([
    [
      'it refuses',
      (client) => client.end('HTTP/1.1 403 Forbidden\r\n\r\n'),
      'PagerDuty could not be reached: ERR_PROXY_TUNNEL 403',
    ],
    [
      'it closes the connection',
      (client) => client.end(),
      'PagerDuty could not be reached: ERR_PROXY_TUNNEL',
    ],
    ['it does not answer', () => undefined, 'PagerDuty could not be reached: no answer in time'],
    [
      'its tunnel is silent',
      (client) => client.write('HTTP/1.1 200 OK\r\n\r\n'),
      'PagerDuty could not be reached: no answer in time',
    ],
  ])('%s', async (_, onConnect, detail) => {
    const proxy = await proxyThat(onConnect);
    const outcome = await pagerDuty(through(proxy), 300)(pagerDutyEvent());
    expect(outcome).toEqual({ kind: 'retry', cause: 'unreachable', detail });
  });

  test.each<[string, OnConnect]>([
    ['a proxy that does not answer', () => undefined],
    ['a silent tunnel', (client) => client.write('HTTP/1.1 200 OK\r\n\r\n')],
  ])('%s leaves no connection behind', async (_, onConnect) => {
    const closed = Promise.withResolvers<void>();
    const proxy = await proxyThat((client) => {
      client.once('end', closed.resolve).resume();
      onConnect(client);
    });
    const egress = egressOf({ [ENV.httpsProxy]: `http://127.0.0.1:${proxy.port}` }, 300);
    await pagerDuty(egress, 100)(pagerDutyEvent());
    await closed.promise;
    expect(proxy.asked).toHaveLength(1);
  });
});

describe('FIPS endpoints', () => {
  test('are those that the functions call', async () => {
    const proxy = await proxyTo(aws);
    await callAws(through(proxy, { [ENV.useFipsEndpoint]: 'true' }));
    expect(proxy.asked).toEqual([
      `sqs-fips.${REGION}.amazonaws.com:443`,
      `secretsmanager-fips.${REGION}.amazonaws.com:443`,
      `dynamodb-fips.${REGION}.amazonaws.com:443`,
    ]);
  });
});

test('without a setting, calls go directly', () => {
  expect(egressOf({})).toEqual({ useFipsEndpoint: false, proxyAgent: undefined });
});
