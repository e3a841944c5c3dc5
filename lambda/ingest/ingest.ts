import {
  type GlasnosticEvent,
  parseEvent,
  PROBE_TYPE,
  routingFieldsOf,
  viewIdentity,
} from '../glasnostic/event.ts';
import { eventFields } from '../glasnostic/log-fields.ts';
import { isJsonObject, parseJson } from '../shared/json.ts';
import { errorFields, withFields } from '../shared/log.ts';
import { writeEventMessage } from '../shared/message.ts';
import { metricFields } from '../shared/metrics.ts';
import type { RouteTable } from '../shared/routes.ts';
import { quote } from '../shared/text.ts';
import {
  type AnswerContext,
  ignoreByRoute,
  ignoreByType,
  ignoreProbe,
  internalError,
  refuseBody,
  refuseUnrouted,
  unauthorized,
  unavailable,
} from './answers.ts';
import type { AddressFilter } from './networks.ts';
import { bodyOf, bodyStart, tokenOf, type WebhookRequest } from './request.ts';
import { accepted, type WebhookResponse } from './response.ts';
import { redactStart, redactTokens, type Tokens, type TokenVerifier } from './token.ts';

/** Sends a message to the events queue. Resolves to its message ID; rejects when SQS fails. */
export type Enqueue = (message: {
  readonly body: string;
  /** Message group: the PagerDuty service. A fair queue keeps one group from delaying others. */
  readonly groupId: string;
}) => Promise<string>;

/** Configuration and dependencies of {@link ingest}. */
export interface IngestContext extends AnswerContext {
  readonly verifyToken: TokenVerifier;
  readonly isAllowedAddress: AddressFilter;
  readonly routes: RouteTable;
  readonly enqueue: Enqueue;
}

/** Time reserved for logging and for the function's response, milliseconds. */
const ANSWER_TIME = 500;

/**
 * Handles one webhook request. It checks the sender before it reads the body. It answers 202 only
 * after the event is on the queue. It answers 503 when AWS fails or does not answer in time, and no
 * input causes a 5xx. It never rejects: every 5xx has a `Retry-After`.
 *
 * @param timeLeft time until the function is stopped, milliseconds
 */
export async function ingest(
  request: WebhookRequest,
  context: IngestContext,
  timeLeft: number,
): Promise<WebhookResponse> {
  const { requestId } = request.requestContext;
  const log = withFields(context.log, { request_id: requestId });
  const late = Promise.withResolvers<WebhookResponse>();
  const timer = setTimeout(() => {
    log.error('AWS did not answer in time; the event was not accepted', {});
    late.resolve(unavailable());
  }, timeLeft - ANSWER_TIME);
  try {
    return await Promise.race([respond(request, { ...context, log }), late.promise]);
  } catch (error) {
    log.error('The bridge failed to process a request', errorFields(error));
    return internalError();
  } finally {
    clearTimeout(timer);
  }
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
  if (body.kind === 'text') {
    const text = redactTokens(body.text, tokens);
    return parseAndRoute(text, request.requestContext.requestId, context);
  }
  const text = redactStart(bodyStart(request), tokens);
  return body.kind === 'too-large'
    ? refuseBody({ status: 413, detail: 'An event has at most 256 KiB.', text }, context)
    : refuseBody({ status: 400, detail: 'The body is not UTF-8.', text }, context);
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
    return refuseBody({ status: 400, detail: 'The body is not JSON.', text }, context);
  }
  if (!isJsonObject(json)) {
    const detail = 'The body is JSON, but not an object.';
    return refuseBody({ status: 400, detail, text }, context);
  }
  const parsed = parseEvent(json);
  switch (parsed.outcome) {
    case 'ignored':
      return json['type'] === PROBE_TYPE
        ? ignoreProbe(parsed.reason, context)
        : ignoreByType(parsed.reason, text, context);
    case 'invalid': {
      const detail = 'The body is JSON, but not a Glasnostic event.';
      return refuseBody({ status: 422, detail, text, errors: parsed.errors }, context);
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
  const fields = eventFields(event);
  const route = context.routes(routingFieldsOf(event));
  if (route === undefined) {
    const view = event.view === undefined ? 'no view' : `view ${quote(viewIdentity(event.view))}`;
    const environment = quote(event.environment.id);
    const detail = `No route takes events of environment ${environment} and ${view}.`;
    return refuseUnrouted(detail, fields, context);
  }
  if ('ignore' in route) return ignoreByRoute(fields, context);

  const body = writeEventMessage(
    { receivedAt: new Date(context.now()).toISOString(), requestId: received.requestId },
    received.text,
  );
  try {
    const id = await context.enqueue({ body, groupId: route.service });
    const metrics = metricFields(context.stage, { EventsAccepted: 1 }, context.now());
    context.log.info('Event accepted', {
      outcome: 'accepted',
      ...fields,
      pagerduty_service: route.service,
      message_id: id,
      ...metrics,
    });
    return accepted(id);
  } catch (error) {
    context.log.error('The event could not be enqueued and was not accepted', {
      ...fields,
      ...errorFields(error),
    });
    return unavailable();
  }
}
