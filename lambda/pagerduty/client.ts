import type { Agent } from 'node:https';
import type { PagerDutyEvent } from './event.ts';
import { classifyResponse, type Outcome } from './outcome.ts';
import { jsonPoster } from './post.ts';

/** Sends one event to PagerDuty. Never rejects: every failure is an outcome. */
export type PagerDuty = (event: PagerDutyEvent) => Promise<Outcome>;

/** Options of {@link pagerDutyClient}. */
export interface PagerDutyOptions {
  /** Base URL of the Events API, without a path. */
  readonly baseUrl: string;
  /** Longest time of a call, from its start to the last byte of the response, milliseconds. */
  readonly timeout: number;
  /** Makes the agent that calls through a proxy. @default none: calls go directly */
  readonly proxyAgent?: (() => Agent) | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * A client that sends events with `POST /v2/enqueue`.
 * https://developer.pagerduty.com/api-reference/368ae3d938c9e-send-an-event-to-pager-duty
 */
export function pagerDutyClient({ baseUrl, ...options }: PagerDutyOptions): PagerDuty {
  const { now } = options;
  const post = jsonPoster({ url: `${baseUrl.replace(/\/+$/, '')}/v2/enqueue`, ...options });
  return async (event) => {
    const result = await post(JSON.stringify(event));
    if (result.kind === 'unreachable') {
      const detail = `PagerDuty could not be reached: ${result.cause}`;
      return { kind: 'retry', cause: result.wasSent ? 'unanswered' : 'unreachable', detail };
    }
    // A response may repeat the key. Redact it before the text is cut, which could leave a part.
    const body = result.body.replaceAll(event.routing_key, '[redacted]');
    return classifyResponse({ ...result, body }, now());
  };
}
