import type { TriggerEvent } from './event.ts';
import { classifyResponse, type Outcome } from './outcome.ts';
import { jsonPoster } from './post.ts';

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

/**
 * Calls `POST /v2/enqueue`.
 * https://developer.pagerduty.com/api-reference/368ae3d938c9e-send-an-event-to-pager-duty
 */
export function pagerDutyClient({ baseUrl, timeout, now }: PagerDutyOptions): PagerDuty {
  const post = jsonPoster({ url: `${baseUrl.replace(/\/+$/, '')}/v2/enqueue`, timeout, now });
  return async (event) => {
    const posted = await post(JSON.stringify(event));
    if (posted.kind === 'unreachable') {
      const detail = `PagerDuty could not be reached: ${posted.cause}`;
      return { kind: 'retry', cause: 'unreachable', detail };
    }
    // In case PagerDuty repeats the key. Before anything is cut, which could leave a part of it.
    const body = posted.body.replaceAll(event.routing_key, '[redacted]');
    return classifyResponse({ ...posted, body }, now());
  };
}
