import { isJsonObject, type JsonObject } from '../shared/json.ts';
import { cutBytes } from '../shared/text.ts';
import type { HttpResponse } from './post.ts';

/** Reasons why a call may succeed later. */
export type RetryCause =
  /** PagerDuty answered 429: the integration key is over its rate limit. */
  | 'throttled'
  /** PagerDuty answered 5xx, or the response is not from its API. */
  | 'unavailable'
  /** The request was not sent: DNS, a refused connection, TLS. PagerDuty did not receive it. */
  | 'unreachable'
  /**
   * The request was sent, and no response came: a timeout, a broken connection. PagerDuty may have
   * it.
   */
  | 'unanswered';

/** Result of one call to PagerDuty. Delivery decides by it alone if a retry helps. */
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

/**
 * Classifies a response.
 * https://developer.pagerduty.com/docs/events-api-v2-overview#response-codes--retry-logic
 *
 * - 202, or another 2xx whose JSON has `"status": "success"`: delivered.
 * - 400 with the JSON of the API, and 413 with a JSON object: rejected.
 * - Everything else: retry. A redirect, or a load balancer's 404, says nothing about the event.
 *
 * @param now milliseconds since 1970
 */
export function classifyResponse(response: HttpResponse, now: number): Outcome {
  const { status } = response;
  const json = response.isBroken === true ? undefined : objectOf(response.body);
  if (isAccepted(status, json)) return { kind: 'delivered', status };
  const detail = errorText(response, json);
  if (isRefused(status, json)) {
    const aboutKey = /(routing|service|integration)[ _-]?key/i.test(response.body);
    return { kind: 'rejected', status, detail, aboutKey };
  }
  const cause = status === 429 ? 'throttled' : 'unavailable';
  const retryAfter = readRetryAfter(response.retryAfter, now, MAX_RETRY_AFTER[cause]);
  return {
    kind: 'retry',
    cause,
    status,
    detail,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
}

/**
 * True if the API accepted the event. It answers 202. Others have seen 200 and 201, and then the
 * body decides, because a proxy can answer 200 as well.
 * https://github.com/dikhan/pagerduty-client/issues/11
 */
function isAccepted(status: number, json: JsonObject | undefined): boolean {
  return status === 202 || (status >= 200 && status <= 299 && json?.['status'] === 'success');
}

/** True if the API refused the event, in the form that it documents. */
function isRefused(status: number, json: JsonObject | undefined): boolean {
  if (json === undefined) return false;
  const isApiError = ['status', 'errors', 'message'].some((name) => name in json);
  return status === 413 || (status === 400 && isApiError);
}

/** The status, and PagerDuty's error text: `message` and `errors` of its JSON, else the body. */
function errorText({ status, body }: HttpResponse, json: JsonObject | undefined): string {
  const { message, errors } = json ?? {};
  const list = Array.isArray(errors) ? errors.map(textOf).join('; ') : '';
  const text = [typeof message === 'string' ? message : '', list].filter((part) => part !== '');
  const excerpt = cutBytes(`${status} ${text.join(': ') || body.trim()}`.trim(), MAX_DETAIL_BYTES);
  // A copy: an excerpt that V8 cuts out of a large body would keep the whole body in memory.
  return Buffer.from(excerpt).toString();
}

/** Longest error text, bytes. */
const MAX_DETAIL_BYTES = 900;

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value);
  } catch (error) {
    // V8 parses values that are nested too deeply for it to write.
    return error instanceof RangeError ? '(an error that is nested too deeply)' : String(error);
  }
}

/** The JSON object in a body; `undefined` if the body is something else. */
function objectOf(body: string): JsonObject | undefined {
  try {
    const json: unknown = JSON.parse(body);
    return isJsonObject(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Longest wait because of a `Retry-After`, milliseconds. It keeps the delay of a page short.
 * PagerDuty documents no such header.
 */
const MAX_RETRY_AFTER = { throttled: 5 * 60_000, unavailable: 60_000 } as const;

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
 * @returns milliseconds to wait, at most `most`; `undefined` without a valid wait
 */
export function readRetryAfter(
  header: string | undefined,
  now: number,
  most: number,
): number | undefined {
  const text = header?.trim() ?? '';
  if (text === '') return undefined;
  const date = HTTP_DATE.exec(text)?.[1];
  const wait = SECONDS.test(text) ? Number(text) * 1000 : Date.parse(`${date} GMT`) - now;
  // True for NaN as well.
  if (!(wait > 0)) return undefined;
  return Math.min(wait, most);
}
