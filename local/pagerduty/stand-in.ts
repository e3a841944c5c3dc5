/** A stand-in for PagerDuty's Events API v2 on loopback. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { listenOnLoopback, readBody } from '../http.ts';
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

/** A call that reached the stand-in. */
export interface Call {
  /** ISO 8601. */
  readonly at: string;
  /** Service of the integration key; `unknown` when no service has it. */
  readonly service: string;
  readonly dedupKey?: string;
  /** Status that was answered; absent when there was no answer. */
  readonly status?: number;
  /** Mode that was in force. */
  readonly mode: StandInMode['kind'];
}

/** What a stand-in is started with. */
export interface StandInOptions {
  /** @default a free one */
  readonly port?: number;
  /** @default PagerDuty's: 120 calls in 60 s */
  readonly rateLimit?: RateLimit;
  /**
   * The service that has an integration key; `undefined` when none has, which is answered 400.
   * @default every well-formed key is taken, and named in the order of its first call
   */
  readonly serviceOf?: (integrationKey: string) => string | undefined;
}

/** A running stand-in. */
export interface StandIn {
  /** Base URL, without a path: what `PAGERDUTY_URL` takes. */
  readonly url: string;
  readonly incidents: () => readonly Incident[];
  /** Resolves an incident, as a responder does by hand. @returns whether it was open */
  readonly resolve: (incidentNumber: number) => boolean;
  /** The last {@link KEPT_CALLS} calls, the oldest first. */
  readonly calls: () => readonly Call[];
  /** Calls since the start, by status; `none` had no answer. */
  readonly callCounts: () => Readonly<Record<string, number>>;
  readonly mode: () => StandInMode;
  readonly setMode: (mode: StandInMode) => void;
  /** Calls back for every further call. @returns a function that ends it */
  readonly watch: (watcher: (call: Call) => void) => () => void;
  /** Forgets incidents and calls. */
  readonly clear: () => void;
  readonly stop: () => Promise<void>;
}

/** Calls that a stand-in remembers. */
const KEPT_CALLS = 20_000;

/** 512 KB, as documented. https://developer.pagerduty.com/docs/events-api-v2-overview */
const MAX_BODY_BYTES = 512 * 1024;
const DEFAULT_SLOWNESS = 5000;
/** Service of a call whose key is not known. */
const UNKNOWN = 'unknown';

/** What happened to a call. */
interface Handled {
  readonly reply: Reply;
  readonly service: string;
  readonly dedupKey?: string;
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Names keys by the order of their first call. */
function numberedServices(): (key: string) => string {
  const names = new Map<string, string>();
  return (key) => {
    const name = names.get(key) ?? `service-${names.size + 1}`;
    names.set(key, name);
    return name;
  };
}

/** Starts a stand-in for PagerDuty. */
export async function startStandIn(options: StandInOptions = {}): Promise<StandIn> {
  const { port = 0, rateLimit = PAGERDUTY_RATE_LIMIT, serviceOf = numberedServices() } = options;
  const book = createIncidents();
  const mayCall = slidingWindow(rateLimit, Date.now);
  const calls: Call[] = [];
  const counts = new Map<string, number>();
  const watchers = new Set<(call: Call) => void>();
  let mode: StandInMode = { kind: 'ok' };
  let isHit = evenShare();

  const take = (body: Buffer | undefined): Handled => {
    if (body === undefined) return { reply: tooLarge(), service: UNKNOWN };
    const event = validateEvent(parse(body));
    if (!('routingKey' in event)) return { reply: invalid(event), service: UNKNOWN };
    const service = serviceOf(event.routingKey);
    if (service === undefined) {
      return { reply: invalid(['Invalid routing key']), service: UNKNOWN };
    }
    if (!mayCall(event.routingKey)) {
      const dedupKey = event.dedupKey === undefined ? {} : { dedupKey: event.dedupKey };
      return { reply: throttled(), service, ...dedupKey };
    }
    const dedupKey = book.take(event, service);
    return { reply: accepted(dedupKey), service, dedupKey };
  };

  /** Service of an event that is not looked at any closer. */
  const serviceIn = (body: Buffer | undefined): string => {
    const event = body === undefined ? [] : validateEvent(parse(body));
    return 'routingKey' in event ? (serviceOf(event.routingKey) ?? UNKNOWN) : UNKNOWN;
  };

  const record = ({ reply, service, dedupKey }: Handled, inForce: StandInMode): void => {
    const status = reply.kind === 'answer' ? reply.status : undefined;
    const call = {
      at: new Date().toISOString(),
      service,
      ...(dedupKey === undefined ? {} : { dedupKey }),
      ...(status === undefined ? {} : { status }),
      mode: inForce.kind,
    };
    calls.push(call);
    if (calls.length > 2 * KEPT_CALLS) calls.splice(0, calls.length - KEPT_CALLS);
    const name = String(status ?? 'none');
    counts.set(name, (counts.get(name) ?? 0) + 1);
    for (const watcher of watchers) watcher(call);
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== 'POST' || request.url !== '/v2/enqueue') {
      request.resume();
      sendReply(request, response, notFound());
      return;
    }
    const inForce: StandInMode = isHit() ? mode : { kind: 'ok' };
    const body = await readBody(request, MAX_BODY_BYTES);
    if (inForce.kind === 'slow') await wait(inForce.milliseconds ?? DEFAULT_SLOWNESS);
    const forced = forcedReply(inForce);
    const taken = forced === undefined ? take(body) : { reply: forced, service: serviceIn(body) };
    const handled: Handled =
      inForce.kind === 'lose-answer' ? { ...taken, reply: { kind: 'reset' } } : taken;
    record(handled, inForce);
    sendReply(request, response, handled.reply);
  };

  const server = createServer((request, response) => {
    handle(request, response).catch(() => request.socket.destroy());
  });
  server.keepAliveTimeout = 0;
  const listening = await listenOnLoopback(server, port);

  return {
    url: listening.url,
    incidents: book.all,
    resolve: book.resolve,
    calls: () => calls.slice(-KEPT_CALLS),
    callCounts: () => Object.fromEntries(counts),
    mode: () => mode,
    setMode: (next) => {
      mode = next;
      isHit = evenShare(next.share);
    },
    watch: (watcher) => {
      watchers.add(watcher);
      return () => {
        watchers.delete(watcher);
      };
    },
    clear: () => {
      book.clear();
      calls.length = 0;
      counts.clear();
    },
    stop: listening.stop,
  };
}
