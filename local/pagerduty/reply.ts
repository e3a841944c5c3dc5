/** The stand-in's replies, in PagerDuty's words where these are documented. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JsonObject } from '../../lambda/shared/json.ts';
import type { StandInMode } from './mode.ts';

/** An answer. */
export interface AnswerReply {
  readonly kind: 'answer';
  readonly status: number;
  readonly body: JsonObject;
  /** `Retry-After`, seconds. */
  readonly retryAfter?: number;
}

/** An answer, a broken connection, or no answer at all. */
export type Reply = AnswerReply | { readonly kind: 'reset' } | { readonly kind: 'silence' };

function answer(status: number, body: JsonObject): AnswerReply {
  return { kind: 'answer', status, body };
}

/** 202: the event was taken. */
export function accepted(dedupKey: string): AnswerReply {
  return answer(202, { status: 'success', message: 'Event processed', dedup_key: dedupKey });
}

/** 400: the event was refused, with all its errors. */
export function invalid(errors: readonly string[]): AnswerReply {
  return answer(400, { status: 'invalid event', message: 'Event object is invalid', errors });
}

/** 413: the event is longer than PagerDuty accepts. */
export function tooLarge(): AnswerReply {
  const message = 'Event exceeds the maximum size of 512 KB';
  return answer(413, { status: 'invalid event', message });
}

/** 429: too many calls of one integration key. */
export function throttled(): AnswerReply {
  const message = 'Requests for this integration key are arriving too quickly; retry later.';
  return answer(429, { status: 'throttle exceeded', message });
}

/** 404: no such path. */
export function notFound(): AnswerReply {
  return answer(404, { status: 'not found', message: 'Not Found' });
}

/** The reply of a mode to every event; `undefined` when the reply depends on the event. */
export function forcedReply(mode: StandInMode): Reply | undefined {
  const retryAfter =
    mode.retryAfterSeconds === undefined ? {} : { retryAfter: mode.retryAfterSeconds };
  switch (mode.kind) {
    case 'ok':
    case 'slow':
    case 'lose-answer':
      return undefined;
    case 'down': {
      const body = { status: 'error', message: 'Service Unavailable' };
      return { ...answer(mode.status ?? 503, body), ...retryAfter };
    }
    case 'throttle':
      return { ...throttled(), ...retryAfter };
    case 'refuse':
      return invalid(['The stand-in is in the mode refuse']);
    case 'hang':
      return { kind: 'silence' };
    case 'reset':
      return { kind: 'reset' };
  }
}

/** Sends a reply, or breaks the connection, or does nothing. */
export function sendReply(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  if (reply.kind === 'silence') return;
  if (reply.kind === 'reset') {
    request.socket.resetAndDestroy();
    return;
  }
  response.writeHead(reply.status, {
    'content-type': 'application/json',
    ...(reply.retryAfter === undefined ? {} : { 'retry-after': String(reply.retryAfter) }),
  });
  response.end(JSON.stringify(reply.body));
}
