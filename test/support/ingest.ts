import type { WebhookResponse } from '../../lambda/ingest/response.ts';
import { type Enqueue, ingest } from '../../lambda/ingest/ingest.ts';
import type { WebhookRequest } from '../../lambda/ingest/request.ts';
import { tokenCache, tokenVerifier } from '../../lambda/ingest/token.ts';
import { type Route, type RouteTable, routeTable } from '../../lambda/shared/routes.ts';
import type { ReadSecret } from '../../lambda/shared/secret.ts';
import { type RecordingLog, recordingLog } from './recording-log.ts';

/** A webhook token like those that the stack generates. */
export const TOKEN = 'Zq3v9LkX0aYtB7uWcR1sHdE5mGfJ2nP8';

/** Ingest with a queue and a secret in memory. */
export interface IngestBench {
  /** Answers a request, which has the correct token by default. */
  readonly post: (request: Partial<WebhookRequest>) => Promise<WebhookResponse>;
  /** Messages on the queue. */
  readonly sent: { readonly body: string; readonly groupId: string }[];
  readonly log: RecordingLog;
  /** Number of reads of the secret. */
  readonly reads: () => number;
  /** Moves the clock, milliseconds. */
  readonly wait: (millis: number) => void;
}

/** Creates ingest with real routes, token check and cache. */
export function ingestBench(
  options: {
    readonly routes?: readonly Route[] | RouteTable;
    readonly readSecret?: ReadSecret;
    readonly enqueue?: Enqueue;
    /** Milliseconds. @default 10 s */
    readonly timeLeft?: number;
  } = {},
): IngestBench {
  const { routes = [{ environment: '*', service: 'any' }] } = options;
  const { readSecret = async (version) => (version === 'AWSCURRENT' ? TOKEN : undefined) } =
    options;
  const sent: { body: string; groupId: string }[] = [];
  const log = recordingLog();
  let now = Date.parse('2022-04-03T17:52:25Z');
  let reads = 0;
  const context = {
    stage: 'test',
    verifyToken: tokenVerifier(
      tokenCache({
        readSecret: async (version) => {
          if (version === 'AWSCURRENT') reads += 1;
          return readSecret(version);
        },
        log,
        now: () => now,
      }),
    ),
    isAllowedAddress: () => true,
    routes: typeof routes === 'function' ? routes : routeTable(routes),
    enqueue:
      options.enqueue ??
      (async (message) => {
        sent.push(message);
        return `message-${sent.length}`;
      }),
    log,
    now: () => now,
  };
  return {
    post: async (request) =>
      ingest(
        {
          pathParameters: { token: TOKEN },
          requestContext: { requestId: 'request-1' },
          ...request,
        },
        context,
        options.timeLeft ?? 10_000,
      ),
    sent,
    log,
    reads: () => reads,
    wait: (millis) => {
      now += millis;
    },
  };
}
