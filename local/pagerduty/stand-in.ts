/** A stand-in for PagerDuty's Events API v2 on loopback. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { JsonObject } from '../../lambda/shared/json.ts';
import { listenOnLoopback, parseJson, readBody } from '../http.ts';
import { createRecent, type Recent } from '../recent.ts';
import { createIncidents, type Incident } from './incidents.ts';
import { evenShare, type StandInMode } from './mode.ts';
import { PAGERDUTY_RATE_LIMIT, slidingWindow, type RateLimit } from './rate-limit.ts';
import {
  accepted,
  forcedReply,
  invalid,
  notFound,
  sendReply,
  throttled,
  tooLarge,
  type Reply,
} from './reply.ts';
import { validateEvent } from './validate.ts';

/** A call to the stand-in. */
export interface Call {
  /** ISO 8601. */
  readonly at: string;
  /** Service of the integration key; `unknown` when no service has the key. */
  readonly service: string;
  readonly dedupKey?: string;
  /** Status of the answer; absent when there was no answer. */
  readonly status?: number;
  /** Mode that applied to the call. */
  readonly mode: StandInMode['kind'];
}

/** Settings of a stand-in. */
export interface StandInOptions {
  /** @default PagerDuty's: 120 calls in 60 s */
  readonly rateLimit?: RateLimit;
  /**
   * The service of an integration key. `undefined` means that no service has the key; then the answer
   * is 400. @default every well-formed key belongs to `service`
   */
  readonly serviceOf?: (integrationKey: string) => string | undefined;
  /** Whether an event is refused although it is valid; then the answer is 400. @default none is */
  readonly refuses?: (event: JsonObject) => boolean;
}

/** A running stand-in. */
export interface StandIn {
  /** Base URL, without a path: the value of `PAGERDUTY_URL`. */
  readonly url: string;
  readonly incidents: () => readonly Incident[];
  /** Resolves an incident, as a responder does by hand. @returns false when it was not open */
  readonly resolve: (incidentNumber: number) => boolean;
  /** The last {@link KEPT_CALLS} calls, the oldest first. */
  readonly calls: () => readonly Call[];
  /** Number of calls since the start by status; `none` for calls without an answer. */
  readonly callCounts: () => Readonly<Record<string, number>>;
  readonly mode: () => StandInMode;
  readonly setMode: (mode: StandInMode) => void;
  readonly watch: Recent<Call>['watch'];
  readonly stop: () => Promise<void>;
}

/** Number of calls that a stand-in keeps. */
const KEPT_CALLS = 20_000;

/** 512 KB. https://developer.pagerduty.com/docs/events-api-v2-overview */
const MAX_BODY_BYTES = 512 * 1024;
/** Delay of the mode `slow`, milliseconds. */
const DEFAULT_DELAY = 5000;
/** Service of a call whose key no service has. */
const UNKNOWN = 'unknown';

/** Reply to a call, and what is recorded of the call. */
interface Handled {
  readonly reply: Reply;
  readonly service: string;
  readonly dedupKey?: string;
}

/** Starts a stand-in for PagerDuty. */
export async function startStandIn(options: StandInOptions = {}): Promise<StandIn> {
  const {
    rateLimit = PAGERDUTY_RATE_LIMIT,
    serviceOf = () => 'service',
    refuses = () => false,
  } = options;
  const incidents = createIncidents();
  const mayCall = slidingWindow(rateLimit, Date.now);
  const calls = createRecent<Call>(KEPT_CALLS);
  const counts = new Map<string, number>();
  let mode: StandInMode = { kind: 'ok' };
  let modeApplies = evenShare();

  const take = (body: Buffer | undefined): Handled => {
    if (body === undefined) return { reply: tooLarge(), service: UNKNOWN };
    const event = validateEvent(parseJson(body));
    if (!('routingKey' in event)) return { reply: invalid(event), service: UNKNOWN };
    const service = serviceOf(event.routingKey);
    if (service === undefined) {
      return { reply: invalid(['Invalid routing key']), service: UNKNOWN };
    }
    if (refuses(event.event)) {
      return { reply: invalid(['The stand-in refuses this event']), service };
    }
    if (!mayCall(event.routingKey)) {
      const dedupKey = event.dedupKey === undefined ? {} : { dedupKey: event.dedupKey };
      return { reply: throttled(), service, ...dedupKey };
    }
    const dedupKey = incidents.take(event, service);
    return { reply: accepted(dedupKey), service, dedupKey };
  };

  /** Service of an event whose reply is decided by the mode. */
  const serviceIn = (body: Buffer | undefined): string => {
    const event = validateEvent(parseJson(body));
    return 'routingKey' in event ? (serviceOf(event.routingKey) ?? UNKNOWN) : UNKNOWN;
  };

  const record = ({ reply, service, dedupKey }: Handled, applied: StandInMode): void => {
    const status = reply.kind === 'answer' ? reply.status : undefined;
    const name = String(status ?? 'none');
    counts.set(name, (counts.get(name) ?? 0) + 1);
    calls.add({
      at: new Date().toISOString(),
      service,
      ...(dedupKey === undefined ? {} : { dedupKey }),
      ...(status === undefined ? {} : { status }),
      mode: applied.kind,
    });
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== 'POST' || request.url !== '/v2/enqueue') {
      request.resume();
      sendReply(request, response, notFound());
      return;
    }
    const body = await readBody(request, MAX_BODY_BYTES);
    const isMeant = mode.service === undefined || mode.service === serviceIn(body);
    const applied: StandInMode = isMeant && modeApplies() ? mode : { kind: 'ok' };
    if (applied.kind === 'slow') await wait(applied.milliseconds ?? DEFAULT_DELAY);
    const forced = forcedReply(applied);
    const taken = forced === undefined ? take(body) : { reply: forced, service: serviceIn(body) };
    const handled: Handled =
      applied.kind === 'lose-answer' ? { ...taken, reply: { kind: 'reset' } } : taken;
    record(handled, applied);
    sendReply(request, response, handled.reply);
  };

  const server = createServer((request, response) => {
    handle(request, response).catch(() => request.socket.destroy());
  });
  server.keepAliveTimeout = 0;
  const listening = await listenOnLoopback(server, 0);

  return {
    url: listening.url,
    incidents: incidents.all,
    resolve: incidents.resolve,
    calls: calls.entries,
    callCounts: () => Object.fromEntries(counts),
    mode: () => mode,
    setMode: (next) => {
      mode = next;
      modeApplies = evenShare(next.share);
    },
    watch: calls.watch,
    stop: listening.stop,
  };
}
