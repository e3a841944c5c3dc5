/** The API of the local bridge: what the operator's commands ask it, and the stand-in's mode. */

import type { IncomingMessage } from 'node:http';
import { startBridge, type Bridge, type BridgeOptions } from './bridge.ts';
import type { ConsolePage } from './console/console.ts';
import { PERIOD_SECONDS } from './lambda/metric-series.ts';
import type { RequestHandler } from './http.ts';
import { ok, problem, sendJson, withJson, type Endpoints, type JsonAnswer } from './json-api.ts';
import { readOpenIncidents } from './open-incidents.ts';
import type { Incident } from './pagerduty/incidents.ts';
import { modeSchema } from './pagerduty/mode.ts';
import type { StandIn } from './pagerduty/stand-in.ts';
import { inQueue, messageCounts, queueDepth } from './sqs/queue-depth.ts';

const NO_STAND_IN = problem(
  404,
  'Not Found',
  'There is no stand-in: events go to the PagerDuty that --pagerduty-url names.',
);

/** URLs and credentials with which the operator's commands use this bridge like a deployed stack. */
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

/** Age of the oldest event that waits, without updates that are not due, seconds; `null` if none. */
async function oldestSeconds({ aws, queue, updatesNotDue }: Bridge): Promise<number | null> {
  const sentAt = await aws.queues.oldest(queue('events').name, updatesNotDue());
  return sentAt === undefined ? null : Math.round((Date.now() - sentAt) / 1_000);
}

async function countEverything(bridge: Bridge): Promise<JsonAnswer> {
  const { events, ticks } = await messageCounts(bridge, 'events');
  return ok({
    metrics: bridge.journal.counters(),
    queues: {
      events: {
        ...events,
        ticks: inQueue(ticks),
        updatesNotDue: bridge.updatesNotDue().size,
        oldestSeconds: await oldestSeconds(bridge),
      },
      deadLetters: await queueDepth(bridge, 'deadLetters'),
    },
    functions: { ingest: bridge.ingest.counts(), delivery: bridge.delivery.counts() },
    mapping: bridge.mapping.counts(),
    schedule: bridge.schedule?.counts(),
    pagerDutyCalls: bridge.standIn?.callCounts(),
  });
}

/**
 * The incidents of the stand-in. Each has `resolvesAt`: when the bridge resolves it if no event comes
 * before, ISO 8601; `null` if it never does, or if it is resolved.
 */
async function listIncidents(bridge: Bridge): Promise<JsonAnswer> {
  if (bridge.standIn === undefined) return NO_STAND_IN;
  const open = await readOpenIncidents(bridge);
  const resolvesAt = ({ status, dedupKey }: Incident): string | null => {
    const due = status === 'resolved' ? undefined : open.get(dedupKey)?.due;
    return due === undefined ? null : new Date(due).toISOString();
  };
  const incidents = bridge.standIn
    .incidents()
    .map((incident) => Object.assign({}, incident, { resolvesAt: resolvesAt(incident) }));
  return ok({ incidents });
}

/** The journal's lines that contain one of the texts in the query, such as `?containing=ID`. */
function findLogLines({ journal, url }: Bridge, request: IncomingMessage): JsonAnswer {
  const texts = new URL(request.url ?? '/', url).searchParams.getAll('containing');
  const lines = journal.lines().map(({ text }) => text);
  return ok({ lines: lines.filter((line) => texts.some((text) => line.includes(text))) });
}

function bridgeEndpoints(bridge: Bridge): Endpoints {
  const ask = (question: (standIn: StandIn) => unknown) => (): JsonAnswer =>
    bridge.standIn === undefined ? NO_STAND_IN : ok(question(bridge.standIn));
  return {
    'GET /api/stack': () => describeStack(bridge),
    'GET /api/counters': async () => countEverything(bridge),
    'GET /api/series': () =>
      ok({
        periodSeconds: PERIOD_SECONDS,
        startedAt: bridge.startedAt,
        hasTicks: bridge.schedule !== undefined,
        points: bridge.series.points(),
      }),
    'GET /api/log': (request) => findLogLines(bridge, request),
    'GET /api/incidents': async () => listIncidents(bridge),
    'GET /api/calls': ask((standIn) => ({ calls: standIn.calls() })),
    'GET /api/pagerduty/mode': ask((standIn) => standIn.mode()),
    'PUT /api/pagerduty/mode': async (request) =>
      withJson(request, modeSchema, (mode) =>
        ask((standIn) => {
          standIn.setMode(mode);
          return mode;
        })(),
      ),
  };
}

/**
 * Accepts requests of programs on this machine and of pages that this bridge served. Without this
 * check, a page of another site could reach the API by a host name that resolves to 127.0.0.1.
 */
function isOwnRequest(headers: IncomingMessage['headers'], port: string): boolean {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  const { host = '', origin } = headers;
  return (
    hosts.includes(host) &&
    (origin === undefined || hosts.includes(origin.replace(/^http:\/\//, '')))
  );
}

/** Makes what answers on the bridge's port: the webhook, the API, and the console page if given. */
export function bridgeApi(bridge: Bridge, page?: ConsolePage): RequestHandler {
  const { port } = new URL(bridge.url);
  const endpoints: Endpoints = { ...bridgeEndpoints(bridge), ...page?.endpoints };

  const answer = async (request: IncomingMessage, path: string): Promise<JsonAnswer> => {
    const name = `${request.method ?? ''} ${path}`;
    const endpoint = endpoints[name];
    if (endpoint === undefined) {
      return problem(404, 'Not Found', `The local bridge has no ${name}.`);
    }
    return endpoint(request);
  };

  return async (request, response) => {
    const path = request.url?.split('?')[0] ?? '/';
    if (path === '/webhook' || path.startsWith('/webhook/')) {
      await bridge.webhook(request, response);
      page?.answered(response.statusCode);
      return;
    }
    try {
      if (!isOwnRequest(request.headers, port)) {
        const names = `http://127.0.0.1:${port} or http://localhost:${port}`;
        sendJson(response, problem(403, 'Forbidden', `Ask as ${names}.`));
      } else if (request.method !== 'GET' || page?.serve(path, response) !== true) {
        sendJson(response, await answer(request, path));
      }
    } catch (error) {
      sendJson(response, problem(500, 'Internal Server Error', String(error)));
    }
  };
}

/** Starts a bridge whose port answers the webhook and the API. */
export async function startBridgeWithApi(options: BridgeOptions = {}): Promise<Bridge> {
  const bridge = await startBridge(options);
  bridge.answerWith(bridgeApi(bridge));
  return bridge;
}
