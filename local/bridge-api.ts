/** The HTTP side of the local bridge: the webhook, and what the operator's commands ask it. */

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { RequestHandler } from './api-gateway/http-api.ts';
import type { Bridge } from './bridge.ts';
import type { ConsolePage } from './console/console.ts';
import { ok, problem, withJson, type Endpoints, type JsonAnswer } from './json-api.ts';
import { modeSchema } from './pagerduty/mode.ts';
import { queueDepth } from './sqs/queue-depth.ts';

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

/** Age of the oldest event in the queue, seconds; `null` when there is none. */
async function oldestSeconds({ aws, queue }: Bridge): Promise<number | null> {
  const sentAt = await aws.queues.oldest(queue('events').name);
  return sentAt === undefined ? null : Math.round((Date.now() - sentAt) / 1_000);
}

async function countEverything(bridge: Bridge): Promise<JsonAnswer> {
  return ok({
    metrics: bridge.journal.counters(),
    queues: {
      events: {
        ...(await queueDepth(bridge, 'events')),
        oldestSeconds: await oldestSeconds(bridge),
      },
      deadLetters: await queueDepth(bridge, 'deadLetters'),
    },
    functions: { ingest: bridge.ingest.counts(), delivery: bridge.delivery.counts() },
    mapping: bridge.mapping.counts(),
    pagerDutyCalls: bridge.standIn?.callCounts(),
  });
}

/** What the bridge itself tells, and the switch of the stand-in's mode. */
function bridgeEndpoints(bridge: Bridge): Endpoints {
  const { standIn } = bridge;
  return {
    'GET /api/stack': () => describeStack(bridge),
    'GET /api/counters': async () => countEverything(bridge),
    'GET /api/incidents': () =>
      standIn === undefined ? NO_STAND_IN : ok({ incidents: standIn.incidents() }),
    'GET /api/calls': () => (standIn === undefined ? NO_STAND_IN : ok({ calls: standIn.calls() })),
    'GET /api/pagerduty/mode': () => (standIn === undefined ? NO_STAND_IN : ok(standIn.mode())),
    'PUT /api/pagerduty/mode': async (request) =>
      withJson(request, modeSchema, (mode) => {
        if (standIn === undefined) return NO_STAND_IN;
        standIn.setMode(mode);
        return ok(mode);
      }),
  };
}

/**
 * Whether a request comes from this machine's own programs, or from a page that this bridge served.
 * A page of another site could otherwise reach the API through a name that it resolves to 127.0.0.1.
 */
function isOwnRequest(headers: IncomingMessage['headers'], port: number): boolean {
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

/**
 * Makes the listener of the bridge's port: `/webhook` as API Gateway would, the rest its own and its
 * console's.
 */
export function bridgeApi(
  bridge: Bridge,
  webhook: RequestHandler,
  page: ConsolePage,
): RequestListener {
  const port = Number(new URL(bridge.url).port);
  const endpoints: Endpoints = { ...bridgeEndpoints(bridge), ...page.endpoints };

  const answer = async (request: IncomingMessage, path: string): Promise<JsonAnswer> => {
    const endpoint = endpoints[`${request.method ?? ''} ${path}`];
    if (endpoint === undefined) {
      return problem(404, 'Not Found', `The local bridge has no ${request.method ?? ''} ${path}.`);
    }
    const answered = await endpoint(request);
    if (request.method !== 'GET') page.changed();
    return answered;
  };

  const handle: RequestHandler = async (request, response) => {
    const path = request.url?.split('?')[0] ?? '/';
    if (path === '/webhook' || path.startsWith('/webhook/')) {
      await webhook(request, response);
      page.answered(response.statusCode);
      return;
    }
    try {
      if (!isOwnRequest(request.headers, port)) {
        const names = `http://127.0.0.1:${port} or http://localhost:${port}`;
        send(response, problem(403, 'Forbidden', `Ask as ${names}.`));
      } else if (request.method !== 'GET' || !page.serve(path, response)) {
        send(response, await answer(request, path));
      }
    } catch (error) {
      send(response, problem(500, 'Internal Server Error', String(error)));
    }
  };

  return (request, response) => {
    void handle(request, response);
  };
}
