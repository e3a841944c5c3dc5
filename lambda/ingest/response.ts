import type { EventError } from '../glasnostic/event.ts';

/** A response in API Gateway's payload format 2.0. */
export interface WebhookResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Response 202: the event is on the queue. `id` is its SQS message ID. */
export function accepted(id: string): WebhookResponse {
  return json(202, { status: 'accepted', id });
}

/** Response 200: the event is ignored, and is not delivered. */
export function ignored(reason: string): WebhookResponse {
  return json(200, { status: 'ignored', reason });
}

const TITLES = {
  400: 'Not a JSON object',
  401: 'Unauthorized',
  404: 'No route',
  413: 'Too large',
  422: 'Not a Glasnostic event',
  500: 'Internal error',
  503: 'Not available',
} as const;

/** An error response with problem details. https://www.rfc-editor.org/rfc/rfc9457 */
export function problem(
  status: keyof typeof TITLES,
  detail: string,
  more: {
    readonly errors?: readonly EventError[];
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): WebhookResponse {
  const { errors, headers } = more;
  const body = { type: 'about:blank', title: TITLES[status], status, detail, errors };
  return json(status, body, { ...headers, 'content-type': 'application/problem+json' });
}

function json(
  statusCode: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = { 'content-type': 'application/json' },
): WebhookResponse {
  return { statusCode, headers, body: JSON.stringify(body) };
}
