import { cutBytes } from '../shared/text.ts';
import type { HttpResponse } from './post.ts';

/** Reasons why a call may succeed later. */
export type RetryCause =
  /** PagerDuty answered 429: the integration key is over its rate limit. */
  | 'throttled'
  /** PagerDuty answered 5xx or 408, or the response is not from its API. */
  | 'unavailable'
  /** No response: DNS, connection, TLS, timeout. PagerDuty may still have accepted the event. */
  | 'unreachable';

/** Result of one call to PagerDuty. Only this type says if a retry helps. */
export type Outcome =
  | { readonly kind: 'delivered'; readonly status: number }
  | {
      readonly kind: 'retry';
      readonly cause: RetryCause;
      readonly status?: number;
      readonly detail: string;
      /** Wait that PagerDuty asked for, milliseconds. */
      readonly retryAfter?: number;
    }
  | {
      readonly kind: 'rejected';
      readonly status: number;
      readonly detail: string;
      /** True if PagerDuty refused the integration key rather than the event. */
      readonly aboutKey: boolean;
    };

/** Longest wait because of a `Retry-After`, milliseconds. It keeps the delay of a page short. */
export const MAX_RETRY_AFTER = 60 * 60_000;

/** Longest excerpt of a response, bytes. */
const MAX_DETAIL = 900;

const SECONDS = /^\+?\d+(\.\d+)?$/;

/**
 * The three forms of an HTTP date. The oldest does not name its time zone, which is GMT.
 * `Date.parse` alone accepts texts that are not dates, such as `soon 2099`.
 * https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7
 */
const HTTP_DATE = /^((?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? .*\d{2})(?: GMT)?$/;

/**
 * Reads a `Retry-After` header, which has seconds or an HTTP date.
 * https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 *
 * @param now milliseconds since 1970
 * @returns milliseconds to wait, at most {@link MAX_RETRY_AFTER}; `undefined` without a valid wait
 */
export function readRetryAfter(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? '';
  if (text === '') return undefined;
  const date = HTTP_DATE.exec(text)?.[1];
  const wait = SECONDS.test(text) ? Number(text) * 1000 : Date.parse(`${date} GMT`) - now;
  // True for NaN as well.
  if (!(wait > 0)) return undefined;
  return Math.min(wait, MAX_RETRY_AFTER);
}

/** The status, and PagerDuty's error text: `message` and `errors` of its JSON, else the body. */
function errorText({ status, body }: HttpResponse): string {
  let text = body.trim();
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null) {
      const message = 'message' in json && typeof json.message === 'string' ? json.message : '';
      const errors = 'errors' in json ? json.errors : undefined;
      const list = Array.isArray(errors) ? errors.map(String).join('; ') : '';
      text = [message, list].filter((part) => part !== '').join(': ') || text;
    }
  } catch {
    // Not JSON: the body itself is the error text.
  }
  return cutBytes(`${status} ${text}`.trim(), MAX_DETAIL);
}

/**
 * Classifies a response.
 * https://developer.pagerduty.com/docs/events-api-v2-overview#response-codes--retry-logic
 *
 * - 2xx: delivered.
 * - 408, 429, 5xx: retry.
 * - 1xx, 3xx: retry. They do not come from the API, so the event was not delivered.
 * - Other 4xx: rejected. If the response is incomplete, retry: it may not come from the API.
 *
 * @param now milliseconds since 1970
 */
export function classifyResponse(response: HttpResponse, now: number): Outcome {
  const { status } = response;
  if (status >= 200 && status <= 299) return { kind: 'delivered', status };
  const detail = errorText(response);
  const isRefusal = status >= 400 && status <= 499 && status !== 408 && status !== 429;
  if (isRefusal && response.isBroken !== true) {
    const aboutKey = /(routing|service|integration)[ _-]?key/i.test(response.body);
    return { kind: 'rejected', status, detail, aboutKey };
  }
  const retryAfter = readRetryAfter(response.retryAfter, now);
  return {
    kind: 'retry',
    cause: status === 429 ? 'throttled' : 'unavailable',
    status,
    detail,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
}
