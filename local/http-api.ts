/** The HTTP side of the local bridge: the webhook, and what the operator's commands ask it. */

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import * as v from 'valibot';
import type { RequestHandler } from './api-gateway.ts';
import type { Bridge } from './bridge.ts';
import { readBody } from './http.ts';
import { modeSchema } from './pagerduty/mode.ts';
import { textMap } from './stack/values.ts';

/** An answer as JSON; a status of 400 and above as an RFC 9457 problem. */
interface JsonAnswer {
  readonly status: number;
  readonly body: unknown;
}

type Endpoint = (bridge: Bridge, request: IncomingMessage) => JsonAnswer | Promise<JsonAnswer>;

const MAX_BODY_BYTES = 64 * 1024;

function ok(body: unknown): JsonAnswer {
  return { status: 200, body };
}

function problem(status: number, title: string, detail: string): JsonAnswer {
  return { status, body: { type: 'about:blank', title, status, detail } };
}

const NO_STAND_IN = problem(
  404,
  'Not Found',
  'There is no stand-in: events go to the PagerDuty that --pagerduty-url names.',
);

/** What the operator's commands need to work with this bridge as with a deployed stack. */
function describeStack(bridge: Bridge): JsonAnswer {
  const { stage, model, aws, operator, webhookUrl, pagerDutyUrl, url } = bridge;
  return ok({
    stage,
    region: model.region,
    stackName: model.stackName,
    outputs: model.outputs,
    endpoints: {
      sqs: aws.url,
      secretsManager: aws.url,
      pagerDuty: pagerDutyUrl,
      webhook: webhookUrl,
      console: `${url}/`,
    },
    credentials: operator,
  });
}

async function queueCounts(bridge: Bridge, role: 'events' | 'deadLetters'): Promise<object> {
  const { body } = await bridge.aws.queues.call('GetQueueAttributes', {
    QueueUrl: bridge.queue(role).url,
    AttributeNames: ['All'],
  });
  const attributes = textMap(body['Attributes']);
  return {
    ready: Number(attributes['ApproximateNumberOfMessages']),
    inFlight: Number(attributes['ApproximateNumberOfMessagesNotVisible']),
    delayed: Number(attributes['ApproximateNumberOfMessagesDelayed']),
  };
}

async function countEverything(bridge: Bridge): Promise<JsonAnswer> {
  return ok({
    metrics: bridge.journal.counters(),
    queues: {
      events: await queueCounts(bridge, 'events'),
      deadLetters: await queueCounts(bridge, 'deadLetters'),
    },
    functions: { ingest: bridge.ingest.counts(), delivery: bridge.delivery.counts() },
    mapping: bridge.mapping.counts(),
    pagerDutyCalls: bridge.standIn?.callCounts(),
  });
}

async function setMode({ standIn }: Bridge, request: IncomingMessage): Promise<JsonAnswer> {
  if (standIn === undefined) return NO_STAND_IN;
  const text = await readBody(request, MAX_BODY_BYTES);
  const parsed = v.safeParse(modeSchema, parseJson(text?.toString('utf8') ?? ''));
  if (!parsed.success) {
    return problem(400, 'Bad Request', parsed.issues.map(({ message }) => message).join(' '));
  }
  standIn.setMode(parsed.output);
  return ok(parsed.output);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  'GET /api/stack': describeStack,
  'GET /api/counters': countEverything,
  'GET /api/incidents': ({ standIn }) =>
    standIn === undefined ? NO_STAND_IN : ok({ incidents: standIn.incidents() }),
  'GET /api/calls': ({ standIn }) =>
    standIn === undefined ? NO_STAND_IN : ok({ calls: standIn.calls() }),
  'GET /api/pagerduty/mode': ({ standIn }) =>
    standIn === undefined ? NO_STAND_IN : ok(standIn.mode()),
  'PUT /api/pagerduty/mode': setMode,
};

/**
 * Whether a request comes from this machine's own programs, or from a page that this bridge served.
 * A page of another site could otherwise reach the API through a name that it resolves to 127.0.0.1.
 */
export function isOwnRequest(headers: IncomingMessage['headers'], port: number): boolean {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  const { host = '', origin } = headers;
  return (
    hosts.includes(host) &&
    (origin === undefined || hosts.includes(origin.replace(/^http:\/\//, '')))
  );
}

function send(response: ServerResponse, { status, body }: JsonAnswer): void {
  response.writeHead(status, {
    'content-type': status < 400 ? 'application/json' : 'application/problem+json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(JSON.stringify(body));
}

/** Makes the listener of the bridge's port: `/webhook` as API Gateway would, the rest its own. */
export function bridgeApi(bridge: Bridge, webhook: RequestHandler): RequestListener {
  const port = Number(new URL(bridge.url).port);

  const answer = async (request: IncomingMessage, path: string): Promise<JsonAnswer> => {
    if (!isOwnRequest(request.headers, port)) {
      return problem(
        403,
        'Forbidden',
        `Ask as http://127.0.0.1:${port} or http://localhost:${port}.`,
      );
    }
    const endpoint = ENDPOINTS[`${request.method ?? ''} ${path}`];
    if (endpoint === undefined) {
      return problem(404, 'Not Found', `The local bridge has no ${request.method ?? ''} ${path}.`);
    }
    return endpoint(bridge, request);
  };

  const handle: RequestHandler = async (request, response) => {
    const path = request.url?.split('?')[0] ?? '/';
    if (path === '/webhook' || path.startsWith('/webhook/')) {
      await webhook(request, response);
      return;
    }
    try {
      send(response, await answer(request, path));
    } catch (error) {
      send(response, problem(500, 'Internal Server Error', String(error)));
    }
  };

  return (request, response) => {
    void handle(request, response);
  };
}
