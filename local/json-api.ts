/** JSON endpoints: answers, problems, and bodies read at the boundary. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import * as v from 'valibot';
import { parseJson, readBody } from './http.ts';

/** An answer as JSON; a status of 400 and above as an RFC 9457 problem. */
export interface JsonAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Answers one request. */
export type Endpoint = (request: IncomingMessage) => JsonAnswer | Promise<JsonAnswer>;

/** Endpoints by method and path, such as `GET /api/stack`. */
export type Endpoints = Readonly<Record<string, Endpoint>>;

const MAX_BODY_BYTES = 64 * 1024;

/** 200 with a body. */
export function ok(body: unknown): JsonAnswer {
  return { status: 200, body };
}

/** An RFC 9457 problem. */
export function problem(status: number, title: string, detail: string): JsonAnswer {
  return { status, body: { type: 'about:blank', title, status, detail } };
}

/** Sends an answer. */
export function sendJson(response: ServerResponse, { status, body }: JsonAnswer): void {
  response.writeHead(status, {
    'content-type': status < 400 ? 'application/json' : 'application/problem+json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(JSON.stringify(body));
}

/**
 * Reads a request's JSON and passes it on; answers a body that does not fit the schema with a problem.
 *
 * The content type is required because of cross-site requests: without asking first, a browser lets a
 * page of another site post text or a form here, but not JSON.
 */
export async function withJson<Schema extends v.GenericSchema>(
  request: IncomingMessage,
  schema: Schema,
  use: (value: v.InferOutput<Schema>) => JsonAnswer | Promise<JsonAnswer>,
): Promise<JsonAnswer> {
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    request.resume();
    return problem(415, 'Unsupported Media Type', 'Send application/json.');
  }
  const parsed = v.safeParse(schema, parseJson(await readBody(request, MAX_BODY_BYTES)));
  if (parsed.success) return use(parsed.output);
  const details = parsed.issues.map((issue) => {
    const path = v.getDotPath(issue);
    return path === null ? issue.message : `${path}: ${issue.message}`;
  });
  return problem(400, 'Bad Request', details.join(' '));
}
