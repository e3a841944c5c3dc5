/** Says what the bridge does with an event, by running the code of both functions. */

import type { StageConfig } from '../config/stage.ts';
import { alertOf, contentOf } from '../lambda/delivery/call-content.ts';
import { type Candidate, readCandidate } from '../lambda/delivery/candidate.ts';
import { type GlasnosticEvent, parseEvent, routingFieldsOf } from '../lambda/glasnostic/event.ts';
import { ingest } from '../lambda/ingest/ingest.ts';
import type { TriggerEvent } from '../lambda/pagerduty/event.ts';
import { isJsonObject, parseJson } from '../lambda/shared/json.ts';
import type { Log } from '../lambda/shared/log.ts';
import { type Route, routeTable } from '../lambda/shared/routes.ts';

/** A route and its position in the stage. */
export interface PlacedRoute {
  readonly position: number;
  readonly route: Route;
}

/** What the bridge does with an event. */
export interface Explanation {
  /** The event; `undefined` if ingest cannot read it. */
  readonly event: GlasnosticEvent | undefined;
  /** What ingest answers. */
  readonly answer: {
    readonly status: number;
    /** Why it is not accepted; empty for 202. */
    readonly reason: string;
  };
  /** The route that takes it; `undefined` if none does. */
  readonly route: PlacedRoute | undefined;
  /** The routes behind it that match the event too. */
  readonly hidden: readonly PlacedRoute[];
  /** What delivery makes of it; `undefined` if ingest does not accept it. */
  readonly delivery: { readonly candidate: Candidate; readonly alert: TriggerEvent } | undefined;
}

/** Takes the place of the key, which no stage contains. */
const NO_KEY = '0'.repeat(32);

/** Time that ingest has for its answer, milliseconds. */
const TIME_LEFT = 10_000;

const NO_LOG: Log = { info: () => {}, warn: () => {}, error: () => {} };

/**
 * Explains an event.
 *
 * @param body text of the event, as Glasnostic would send it
 * @param now when it arrives, milliseconds since 1970
 */
export async function explainEvent(
  stage: StageConfig,
  body: string,
  now: number,
): Promise<Explanation> {
  const { name, routes } = stage;
  const table = routeTable(routes);
  let queued: { readonly body: string; readonly groupId: string } | undefined;
  const response = await ingest(
    { body, pathParameters: { token: 'any' }, requestContext: { requestId: 'explain' } },
    {
      stage: name,
      routes: table,
      // Every sender is accepted, and there is no token to remove from the event.
      verifyToken: async () => [],
      isAllowedAddress: () => true,
      enqueue: async (message) => {
        queued = message;
        return 'explain';
      },
      log: NO_LOG,
      now: () => now,
    },
    TIME_LEFT,
  );
  const event = readEvent(body);
  const taken = event && table(routingFieldsOf(event));
  const position = taken === undefined ? routes.length : routes.indexOf(taken);
  return {
    event,
    answer: { status: response.statusCode, reason: reasonOf(response.body) },
    route: taken && { position, route: taken },
    hidden: event === undefined ? [] : matchingAfter(position, event, routes),
    delivery: queued && deliver(queued, stage, now),
  };
}

function readEvent(body: string): GlasnosticEvent | undefined {
  try {
    const json = parseJson(body);
    const parsed = isJsonObject(json) ? parseEvent(json) : undefined;
    return parsed?.outcome === 'event' ? parsed.event : undefined;
  } catch {
    // Ingest says what is wrong with it.
    return undefined;
  }
}

/** What the body of a response says: a reason, or the detail of a problem and its errors. */
function reasonOf(body: string): string {
  const json: unknown = JSON.parse(body);
  if (!isJsonObject(json)) return '';
  const { reason = json['detail'], errors } = json;
  const each = Array.isArray(errors)
    ? errors.filter(isJsonObject).map(({ path, message }) => `${String(path)} ${String(message)}`)
    : [];
  return [typeof reason === 'string' ? reason : '', ...each].join(' ').trim();
}

function matchingAfter(
  position: number,
  event: GlasnosticEvent,
  routes: readonly Route[],
): readonly PlacedRoute[] {
  const fields = routingFieldsOf(event);
  return routes
    .map((route, i) => ({ position: i, route }))
    .filter((one) => one.position > position && routeTable([one.route])(fields) !== undefined);
}

/** Delivers a message that is the first about its incident. */
function deliver(
  { body, groupId }: { readonly body: string; readonly groupId: string },
  { routes, consoleUrl, delivery }: StageConfig,
  now: number,
): Explanation['delivery'] {
  const message = { messageId: 'explain', receiptHandle: '', receiveCount: 1, sentAt: now };
  const read = readCandidate({ ...message, body, groupId }, routeTable(routes));
  if (read.kind !== 'candidate') throw new Error(read.undeliverable.detail);
  const { candidate } = read;
  const content = contentOf({
    events: [candidate],
    newestUnsent: undefined,
    subject: { waiting: [] },
    severities: undefined,
    updateInterval: delivery.updateIntervalSeconds * 1000,
    now,
  });
  return { candidate, alert: alertOf(content, { integrationKey: NO_KEY, consoleUrl, now }) };
}
