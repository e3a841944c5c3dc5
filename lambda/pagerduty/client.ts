import { isJsonObject } from '../shared/json.ts';
import type { TriggerEvent } from './event.ts';
import { type Answer, decide, type Outcome } from './outcome.ts';

/** Sends one event. Never throws: whatever goes wrong is an outcome. */
export type PagerDuty = (event: TriggerEvent) => Promise<Outcome>;

/** Settings of {@link pagerDutyClient}. */
export interface PagerDutyOptions {
  /** Base URL of the Events API, without a path. */
  readonly baseUrl: string;
  /** From the first byte sent to the last byte read, milliseconds. */
  readonly timeout: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** An answer of the API has a few hundred bytes; a page of a proxy may have any number. */
const MAX_ANSWER_BYTES = 64 * 1024;

/**
 * Reads a body up to the limit, and gives up the connection when there is more. Never rejects: the
 * status is known by now, and says more than the failure to read what comes after it.
 */
async function readBody(response: Response): Promise<Pick<Answer, 'body' | 'isBroken'>> {
  const decoder = new TextDecoder();
  let body = '';
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      body += decoder.decode(chunk, { stream: true });
      bytes += chunk.byteLength;
      if (bytes >= MAX_ANSWER_BYTES) break;
    }
  } catch {
    return { body, isBroken: true };
  }
  return { body };
}

/** The fields of an error, of whatever realm and class it is. */
function fieldsOf(error: unknown): { readonly [name: string]: unknown } {
  return isJsonObject(error) ? error : {};
}

/** Names a failure without the address or the headers of the call, which fetch hides in causes. */
function nameOf(error: unknown): string {
  const { name, cause } = fieldsOf(error);
  if (name === 'TimeoutError') return 'no answer in time';
  const { code, name: causeName } = fieldsOf(cause);
  const first = [code, causeName, name].find((part) => typeof part === 'string');
  return typeof first === 'string' ? first : 'unknown failure';
}

/**
 * Calls `POST /v2/enqueue` over connections that are kept alive between calls.
 * https://developer.pagerduty.com/api-reference/368ae3d938c9e-send-an-event-to-pager-duty
 */
export function pagerDutyClient(options: PagerDutyOptions): PagerDuty {
  const url = `${options.baseUrl.replace(/\/+$/, '')}/v2/enqueue`;
  return async (event) => {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(event),
        // A redirect could carry the key to another host.
        redirect: 'manual',
        signal: AbortSignal.timeout(options.timeout),
      });
      const { body, isBroken = false } = await readBody(response);
      const answer = {
        status: response.status,
        retryAfter: response.headers.get('retry-after') ?? undefined,
        // In case PagerDuty repeats the key. Before anything is cut, which could leave a part of it.
        body: body.replaceAll(event.routing_key, '[redacted]'),
        isBroken,
      };
      return decide(answer, options.now());
    } catch (error) {
      return {
        kind: 'retry',
        cause: 'unreachable',
        detail: `PagerDuty could not be reached: ${nameOf(error)}`,
      };
    }
  };
}
