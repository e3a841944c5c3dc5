import { cutBytes } from '../shared/text.ts';

/** Why a call may succeed later. */
export type RetryCause =
  /** PagerDuty answered 429: over the rate limit of this integration key. */
  | 'throttled'
  /** PagerDuty answered 5xx or 408, or something that is not an answer of its API. */
  | 'unavailable'
  /** No answer: DNS, refused or broken connection, TLS, time-out. It may have been ingested. */
  | 'unreachable';

/** What became of one call to PagerDuty. Whether retrying helps is decided here and nowhere else. */
export type Outcome =
  | { readonly kind: 'delivered'; readonly status: number }
  | {
      readonly kind: 'retry';
      readonly cause: RetryCause;
      readonly status?: number;
      readonly detail: string;
      /** How long PagerDuty asked us to wait, milliseconds. */
      readonly retryAfter?: number;
    }
  | {
      readonly kind: 'rejected';
      readonly status: number;
      readonly detail: string;
      /** Whether the refusal speaks of the routing key rather than of the event. */
      readonly aboutKey: boolean;
    };

/** An answer, as far as it was read. */
export interface Answer {
  readonly status: number;
  /** Value of the `Retry-After` header, if there was one. */
  readonly retryAfter?: string | undefined;
  readonly body: string;
  /** Whether the connection broke, or time ran out, before the body ended. @default false */
  readonly isBroken?: boolean;
}

/** Longest wait that we take from a server, milliseconds: an absurd one must not park a page. */
export const MAX_RETRY_AFTER = 60 * 60_000;

/** Longest excerpt of an answer, in bytes. */
const MAX_DETAIL = 900;

const SECONDS = /^\+?\d+(\.\d+)?$/;

/**
 * Any of the three forms of an HTTP date, of which the oldest does not name its zone. Date.parse
 * alone would find a date in any rubbish.
 */
const HTTP_DATE = /^((?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? .*\d{2})(?: GMT)?$/;

/**
 * Reads a `Retry-After` header: seconds or an HTTP date.
 * https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 *
 * @returns milliseconds to wait, at most {@link MAX_RETRY_AFTER}; `undefined` when it says nothing
 */
export function readRetryAfter(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? '';
  if (text === '') return undefined;
  const date = HTTP_DATE.exec(text)?.[1];
  const wait = SECONDS.test(text) ? Number(text) * 1000 : Date.parse(`${date} GMT`) - now;
  // Also when it is not a number.
  if (!(wait > 0)) return undefined;
  return Math.min(wait, MAX_RETRY_AFTER);
}

/** PagerDuty's own words: message and errors of its JSON, else the beginning of the text. */
function errorText(answer: Answer): string {
  let words = answer.body.trim();
  try {
    const json: unknown = JSON.parse(words);
    if (typeof json === 'object' && json !== null) {
      const message = 'message' in json && typeof json.message === 'string' ? json.message : '';
      const errors = 'errors' in json ? json.errors : undefined;
      const list = Array.isArray(errors) ? errors.map(String).join('; ') : '';
      words = [message, list].filter((part) => part !== '').join(': ') || words;
    }
  } catch {
    // Not JSON: its text is all there is to say.
  }
  return cutBytes(`${answer.status} ${words}`.trim(), MAX_DETAIL);
}

/**
 * Decides what an answer means.
 * https://developer.pagerduty.com/docs/events-api-v2-overview#response-codes--retry-logic
 *
 * Only a 2xx of the API counts as accepted: a page that was swallowed by a proxy would be lost, so
 * a redirect or a 1xx is tried again, as is a 5xx and a 408. Other 4xx never help, unless the
 * refusal broke off: then it is not known what it said, nor whether the API said it.
 */
export function classifyResponse(answer: Answer, now: number): Outcome {
  const { status } = answer;
  if (status >= 200 && status <= 299) return { kind: 'delivered', status };
  const detail = errorText(answer);
  const isRefusal = status >= 400 && status <= 499 && status !== 408 && status !== 429;
  if (isRefusal && answer.isBroken !== true) {
    const aboutKey = /(routing|service|integration)[ _-]?key/i.test(answer.body);
    return { kind: 'rejected', status, detail, aboutKey };
  }
  const retryAfter = readRetryAfter(answer.retryAfter, now);
  return {
    kind: 'retry',
    cause: status === 429 ? 'throttled' : 'unavailable',
    status,
    detail,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
}
