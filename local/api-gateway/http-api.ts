/** API Gateway's HTTP API on this machine: routes, throttle and payloads, from the template. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody, type RequestHandler } from '../http.ts';
import { newRequestId } from '../ids.ts';
import type { FunctionPool } from '../lambda/pool.ts';
import type { RouteModel, ThrottleModel } from '../stack/model.ts';
import {
  errorAnswer,
  INTERNAL_SERVER_ERROR,
  toAnswer,
  toEvent,
  type HttpAnswer,
} from './payload.ts';
import { routeMatcher } from './routes.ts';

/** Longest body. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const MAX_BODY_BYTES = 10 * 1024 * 1024;
/** Longest wait for a function, milliseconds; same page. */
const INTEGRATION_TIMEOUT = 30_000;

/** What the HTTP API needs. */
export interface HttpApiOptions {
  readonly routes: readonly RouteModel[];
  /** Functions by name. */
  readonly pools: ReadonlyMap<string, Pick<FunctionPool, 'invoke'>>;
  readonly throttle?: ThrottleModel | undefined;
  /** Called with each answer: what the access log has of it. */
  readonly onAnswer?: ((answered: Answered) => void) | undefined;
}

/** A request that was answered. */
export interface Answered {
  readonly status: number;
  readonly method: string;
  /** False if API Gateway itself answered, because the API has no such route. */
  readonly hasRoute: boolean;
}

/**
 * A token bucket: `burst` at once, refilled at the rate.
 *
 * @param now milliseconds
 * @returns a check, with each request, of whether the request may pass
 */
export function tokenBucket(
  { ratePerSecond, burst }: ThrottleModel,
  now: () => number,
): () => boolean {
  let tokens = burst;
  let filledAt = now();
  return () => {
    const at = now();
    tokens = Math.min(burst, tokens + ((at - filledAt) / 1000) * ratePerSecond);
    filledAt = at;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}

function send(
  response: ServerResponse,
  requestId: string,
  { status, headers, body }: HttpAnswer,
): void {
  const own = { 'content-length': body.length, 'apigw-requestid': requestId };
  response.writeHead(status, { ...headers, ...own }).end(body);
}

function afterTimeout(): { readonly promise: Promise<undefined>; readonly cancel: () => void } {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), INTEGRATION_TIMEOUT);
  return { promise, cancel: () => clearTimeout(timer) };
}

/** Makes the handler of the HTTP API's requests. */
export function httpApi({ routes, pools, throttle, onAnswer }: HttpApiOptions): RequestHandler {
  const match = routeMatcher(routes);
  const mayPass = throttle === undefined ? () => true : tokenBucket(throttle, Date.now);

  const answer = async (request: IncomingMessage, requestId: string): Promise<HttpAnswer> => {
    const { method = 'GET', url = '/' } = request;
    const body = await readBody(request, MAX_BODY_BYTES);
    if (body === undefined) return errorAnswer(413, 'Request Entity Too Large');
    const route = match(method, url.split('?')[0] ?? '/');
    const pool = route === undefined ? undefined : pools.get(route.functionName);
    if (route === undefined || pool === undefined) return errorAnswer(404, 'Not Found');
    if (!mayPass()) return errorAnswer(429, 'Too Many Requests');
    const received = {
      method,
      url,
      httpVersion: request.httpVersion,
      headers: request.headersDistinct,
      body,
      sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
    };
    const event = toEvent(received, route, { requestId, now: new Date() });
    const timeout = afterTimeout();
    const result = await Promise.race([pool.invoke(event), timeout.promise]);
    timeout.cancel();
    if (result === undefined) return errorAnswer(503, 'Service Unavailable');
    return result.ok ? toAnswer(result.payload) : INTERNAL_SERVER_ERROR;
  };

  const answered = ({ method = 'GET', url = '/' }: IncomingMessage, status: number): void => {
    onAnswer?.({ status, method, hasRoute: match(method, url.split('?')[0] ?? '/') !== undefined });
  };

  return async (request, response) => {
    const requestId = newRequestId();
    try {
      const result = await answer(request, requestId);
      send(response, requestId, result);
      answered(request, result.status);
    } catch {
      // The sender closed the connection, or the function's headers are not valid in HTTP.
      if (response.headersSent) response.destroy();
      else {
        send(response, requestId, INTERNAL_SERVER_ERROR);
        answered(request, INTERNAL_SERVER_ERROR.status);
      }
    }
  };
}
