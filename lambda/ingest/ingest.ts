import {
  type GlasnosticEvent,
  parseEvent,
  routingFieldsOf,
  viewIdentity,
} from '../glasnostic/event.ts';
import { isJsonObject, parseJson } from '../shared/json.ts';
import { errorFields, type Log, withFields } from '../shared/log.ts';
import { writeEventMessage } from '../shared/message.ts';
import { metricFields, type MetricValues } from '../shared/metrics.ts';
import type { RouteTable } from '../shared/routes.ts';
import { quote } from '../shared/text.ts';
import type { AddressFilter } from './networks.ts';
import { bodyOf, tokenOf, type WebhookRequest } from './request.ts';
import { accepted, ignored, problem, type WebhookResponse } from './response.ts';
import { redactTokens, type Tokens, type TokenVerifier } from './token.ts';

/** Sends a message to the events queue. Resolves to its message ID; rejects when SQS fails. */
export type Enqueue = (message: {
  readonly body: string;
  /** Message group: the PagerDuty service. A fair queue keeps one group from delaying others. */
  readonly groupId: string;
}) => Promise<string>;

/** Configuration and dependencies of {@link ingest}. */
export interface IngestContext {
  readonly stage: string;
  readonly verifyToken: TokenVerifier;
  readonly isAllowedAddress: AddressFilter;
  readonly routes: RouteTable;
  readonly enqueue: Enqueue;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Header `Retry-After` of a 503: seconds after which the sender should send the event again. */
const RETRY_AFTER = '30';

/**
 * Handles one webhook request. It checks the sender before it reads the body. It answers 202 only
 * after the event is on the queue. It answers 503 when AWS fails, and no input causes a 5xx. It
 * never rejects.
 */
export async function ingest(
  request: WebhookRequest,
  context: IngestContext,
): Promise<WebhookResponse> {
  const { requestId } = request.requestContext;
  return respond(request, { ...context, log: withFields(context.log, { request_id: requestId }) });
}

async function respond(request: WebhookRequest, context: IngestContext): Promise<WebhookResponse> {
  const address = request.requestContext.http?.sourceIp;
  if (!context.isAllowedAddress(address)) {
    // The same response as to a wrong token, so that it does not reveal the list of networks.
    return unauthorized(context, { reason: 'address', address });
  }
  const token = tokenOf(request);
  let tokens: Tokens | undefined;
  try {
    tokens = token === undefined ? undefined : await context.verifyToken(token);
  } catch (error) {
    context.log.error(
      'The webhook token cannot be read; the event was not accepted',
      errorFields(error),
    );
    return unavailable();
  }
  if (tokens === undefined) return unauthorized(context);
  const body = bodyOf(request);
  if (body.kind === 'too-large')
    return refuse(problem(413, 'An event has at most 256 KiB.'), context);
  if (body.kind === 'not-utf-8') return refuse(problem(400, 'The body is not UTF-8.'), context);
  return parseAndRoute(redactTokens(body.text, tokens), request.requestContext.requestId, context);
}

async function parseAndRoute(
  text: string,
  requestId: string,
  context: IngestContext,
): Promise<WebhookResponse> {
  let json: unknown;
  try {
    json = parseJson(text);
  } catch {
    return refuse(problem(400, 'The body is not JSON.'), context);
  }
  if (!isJsonObject(json)) {
    return refuse(problem(400, 'The body is JSON, but not an object.'), context);
  }
  const parsed = parseEvent(json);
  switch (parsed.outcome) {
    case 'ignored':
      return ignoreEvent(parsed.reason, {}, context);
    case 'invalid': {
      const { errors } = parsed;
      const detail = 'The body is JSON, but not a Glasnostic event.';
      return refuse(problem(422, detail, { errors }), context, { errors });
    }
    case 'event':
      return routeEvent(parsed.event, { text, requestId }, context);
  }
}

async function routeEvent(
  event: GlasnosticEvent,
  received: { readonly text: string; readonly requestId: string },
  context: IngestContext,
): Promise<WebhookResponse> {
  const routingFields = routingFieldsOf(event);
  const route = context.routes(routingFields);
  if (route === undefined) {
    const view = event.view === undefined ? 'no view' : `view ${quote(viewIdentity(event.view))}`;
    const environment = quote(event.environment.id);
    const detail = `No route takes events of environment ${environment} and ${view}.`;
    return refuse(problem(404, detail), context, routingFields, { EventsUnrouted: 1 });
  }
  if ('ignore' in route)
    return ignoreEvent('The matching route ignores this event.', routingFields, context);

  const body = writeEventMessage(
    { receivedAt: new Date(context.now()).toISOString(), requestId: received.requestId },
    received.text,
  );
  try {
    const id = await context.enqueue({ body, groupId: route.service });
    const metrics = metricFields(context.stage, { EventsAccepted: 1 }, context.now());
    context.log.info('Event accepted', {
      outcome: 'accepted',
      ...routingFields,
      pagerduty_service: route.service,
      message_id: id,
      ...metrics,
    });
    return accepted(id);
  } catch (error) {
    context.log.error('The event could not be enqueued and was not accepted', {
      ...routingFields,
      ...errorFields(error),
    });
    return unavailable();
  }
}

function unavailable(): WebhookResponse {
  return problem(503, 'The event was not accepted; send it again.', {
    headers: { 'retry-after': RETRY_AFTER },
  });
}

function unauthorized(context: IngestContext, fields: object = {}): WebhookResponse {
  const response = problem(401, 'The token is missing or wrong.');
  return refuse(response, context, fields, { RequestsUnauthorized: 1 });
}

function ignoreEvent(reason: string, fields: object, context: IngestContext): WebhookResponse {
  context.log.info('Event ignored', { ...fields, reason });
  return ignored(reason);
}

function refuse(
  response: WebhookResponse,
  context: IngestContext,
  fields: object = {},
  metrics: MetricValues = {},
): WebhookResponse {
  context.log.warn('Request refused', {
    ...fields,
    status: response.statusCode,
    ...metricFields(context.stage, metrics, context.now()),
  });
  return response;
}
