import type { EventError } from '../glasnostic/event.ts';
import type { Log } from '../shared/log.ts';
import { metricFields, type MetricName, type MetricValues } from '../shared/metrics.ts';
import { cutBytes } from '../shared/text.ts';
import { ignored, problem, type WebhookResponse } from './response.ts';

/** What the answers need to log and to count. */
export interface AnswerContext {
  readonly stage: string;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Header `Retry-After` of a 5xx: seconds after which the sender should send the event again. */
const RETRY_AFTER = '30';

/** Most bytes of a body in the log. */
const MAX_LOGGED_BODY = 2 * 1024;

/** Why a body cannot become a page. */
export interface Refusal {
  readonly status: 400 | 413 | 422;
  readonly detail: string;
  /** The body, or its beginning, without tokens. */
  readonly text: string;
  readonly errors?: readonly EventError[];
}

const REFUSED = {
  400: 'RequestsRefused400',
  413: 'RequestsRefused413',
  422: 'RequestsRefused422',
} as const satisfies Record<Refusal['status'], MetricName>;

/** Refuses a body. The log line has the first 2 KB of it, so that you can see what came. */
export function refuseBody(refusal: Refusal, context: AnswerContext): WebhookResponse {
  const { status, detail, text, errors } = refusal;
  const response = problem(status, detail, errors === undefined ? {} : { errors });
  const fields = { detail, errors, body: loggedBody(text) };
  return refuse(response, context, fields, { RequestsRefused: 1, [REFUSED[status]]: 1 });
}

/** Refuses an event that no route matches. */
export function refuseUnrouted(
  detail: string,
  fields: object,
  context: AnswerContext,
): WebhookResponse {
  return refuse(problem(404, detail), context, fields, { EventsUnrouted: 1 });
}

/** Refuses a request without an accepted token, or from an address that is not allowed. */
export function unauthorized(context: AnswerContext, fields: object = {}): WebhookResponse {
  const response = problem(401, 'The token is missing or wrong.');
  return refuse(response, context, fields, { RequestsUnauthorized: 1 });
}

/** Ignores an event because its route says so. */
export function ignoreByRoute(fields: object, context: AnswerContext): WebhookResponse {
  const reason = 'The matching route ignores this event.';
  return ignore(reason, context, fields, { EventsIgnoredByRoute: 1 });
}

/** Ignores a body because its type is not that of an event. `text` has no token. */
export function ignoreByType(
  reason: string,
  text: string,
  context: AnswerContext,
): WebhookResponse {
  return ignore(reason, context, { body: loggedBody(text) }, { EventsIgnoredByType: 1 });
}

/** Ignores a body of `./bridge verify`. It is no unknown type, so no alarm goes off. */
export function ignoreProbe(reason: string, context: AnswerContext): WebhookResponse {
  return ignore(reason, context, {}, {});
}

/** Answer 503: AWS failed. The sender must keep the event. */
export function unavailable(): WebhookResponse {
  return failure(503);
}

/** Answer 500: the bridge has an internal error. The sender must keep the event. */
export function internalError(): WebhookResponse {
  return failure(500);
}

function failure(status: 500 | 503): WebhookResponse {
  return problem(status, 'The event was not accepted; send it again.', {
    headers: { 'retry-after': RETRY_AFTER },
  });
}

function loggedBody(text: string): string {
  return cutBytes(text, MAX_LOGGED_BODY);
}

function ignore(
  reason: string,
  context: AnswerContext,
  fields: object,
  metrics: MetricValues,
): WebhookResponse {
  context.log.info('Event ignored', {
    ...fields,
    reason,
    ...metricFields(context.stage, metrics, context.now()),
  });
  return ignored(reason);
}

function refuse(
  response: WebhookResponse,
  context: AnswerContext,
  fields: object,
  metrics: MetricValues,
): WebhookResponse {
  context.log.warn('Request refused', {
    ...fields,
    status: response.statusCode,
    ...metricFields(context.stage, metrics, context.now()),
  });
  return response;
}
