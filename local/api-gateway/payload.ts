/** Converts HTTP requests to API Gateway's payload format 2.0, and functions' results to answers. */

import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';
import { decodePath, type MatchedRoute } from './routes.ts';
import { newTraceId } from '../ids.ts';
import { LOCAL_ACCOUNT, LOCAL_API_ID } from '../stack/physical.ts';
import { textMap } from '../stack/values.ts';

/** A received HTTP request. */
export interface ReceivedRequest {
  readonly method: string;
  /** Path and query, as sent. */
  readonly url: string;
  readonly httpVersion: string;
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>;
  readonly body: Buffer;
  readonly sourceIp: string;
}

/** An HTTP answer. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `12/Mar/2020:19:03:58 +0000` */
function accessLogTime(at: Date): string {
  const [day = '', time = ''] = at.toISOString().split('T');
  const [year = '', month = '', date = ''] = day.split('-');
  return `${date}/${MONTHS[Number(month) - 1] ?? ''}/${year}:${time.slice(0, 8)} +0000`;
}

/**
 * True for content types whose bodies are passed to the function as text; others are in base64.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function isTextType(contentType: string | undefined): boolean {
  if (contentType === undefined) return true;
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  return /^(?:text\/.*|application\/(?:json|javascript|xml|(?:.+\+)?(?:json|xml)))$/.test(type);
}

function combineHeaders(
  headers: ReceivedRequest['headers'],
  sourceIp: string,
): Record<string, string> {
  const combined = Object.fromEntries(
    Object.entries(headers).flatMap(([name, values]) =>
      values === undefined || name === 'cookie' ? [] : [[name.toLowerCase(), values.join(',')]],
    ),
  );
  return {
    ...combined,
    'x-amzn-trace-id': `Root=${newTraceId()}`,
    'x-forwarded-for': sourceIp,
    'x-forwarded-port': '443',
    'x-forwarded-proto': 'https',
  };
}

/** Parameters by name; values of a repeated parameter are joined by a comma. */
function combineQuery(query: string): Record<string, string> | undefined {
  const combined = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    const before = combined.get(name);
    combined.set(name, before === undefined ? value : `${before},${value}`);
  }
  return combined.size === 0 ? undefined : Object.fromEntries(combined);
}

/**
 * The event with which API Gateway invokes a function for a request.
 *
 * @param requestId also sent to the sender, as `apigw-requestid`
 */
export function toEvent(
  request: ReceivedRequest,
  route: MatchedRoute,
  context: { readonly requestId: string; readonly now: Date },
): JsonObject {
  const [path = '', query = ''] = request.url.split(/\?(.*)/s);
  const headers = combineHeaders(request.headers, request.sourceIp);
  const cookies = request.headers['cookie']?.flatMap((cookie) => cookie.split(/;\s*/));
  const queryStringParameters = combineQuery(query);
  const isText = isTextType(headers['content-type']);
  // An HTTP API decodes the path, unlike a REST API or a function URL.
  const rawPath = decodePath(path);
  const domainName = headers['host'] ?? 'localhost';
  return {
    version: '2.0',
    routeKey: route.routeKey,
    rawPath,
    rawQueryString: query,
    ...(cookies === undefined ? {} : { cookies }),
    headers,
    ...(queryStringParameters === undefined ? {} : { queryStringParameters }),
    requestContext: {
      accountId: LOCAL_ACCOUNT,
      apiId: LOCAL_API_ID,
      domainName,
      domainPrefix: domainName.split('.')[0],
      http: {
        method: request.method,
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: context.requestId,
      routeKey: route.routeKey,
      stage: '$default',
      time: accessLogTime(context.now),
      timeEpoch: context.now.getTime(),
    },
    ...(Object.keys(route.pathParameters).length === 0
      ? {}
      : { pathParameters: route.pathParameters }),
    ...(request.body.length === 0
      ? {}
      : { body: request.body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: request.body.length > 0 && !isText,
  };
}

function jsonAnswer(status: number, body: string): HttpAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: Buffer.from(body) };
}

/** An answer that API Gateway makes itself. */
export function errorAnswer(status: number, message: string): HttpAnswer {
  return jsonAnswer(status, JSON.stringify({ message }));
}

/** Answer when the function failed, or returned a result that is not valid. */
export const INTERNAL_SERVER_ERROR = errorAnswer(500, 'Internal Server Error');

function statusOf(value: unknown): number | undefined {
  const status = typeof value === 'string' ? Number(value) : value;
  return typeof status === 'number' && Number.isInteger(status) && status >= 100 && status <= 599
    ? status
    : undefined;
}

/**
 * Converts a function's result. Without a `statusCode`, the whole result is the body of a 200.
 *
 * @param payload the result as JSON
 */
export function toAnswer(payload: string): HttpAnswer {
  const result: unknown = JSON.parse(payload);
  if (!isJsonObject(result) || result['statusCode'] === undefined) {
    const body = typeof result === 'string' ? result : payload;
    return jsonAnswer(200, body);
  }
  const status = statusOf(result['statusCode']);
  const { body = '', cookies } = result;
  if (status === undefined || typeof body !== 'string') return INTERNAL_SERVER_ERROR;
  const headers = Object.entries(textMap(result['headers'])).map(([name, value]) => [
    name.toLowerCase(),
    value,
  ]);
  return {
    status,
    headers: {
      'content-type': 'text/plain;charset=UTF-8',
      ...Object.fromEntries(headers),
      ...(Array.isArray(cookies) ? { 'set-cookie': cookies.map(String) } : {}),
    },
    body: Buffer.from(body, result['isBase64Encoded'] === true ? 'base64' : 'utf8'),
  };
}
