/** The dead letters on the page, and their replay: the operator's, with another face. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ENV, ROUTES_FILE } from '../../lambda/shared/environment.ts';
import type { JsonObject } from '../../lambda/shared/json.ts';
import { readRoutes, routeTable } from '../../lambda/shared/routes.ts';
import { sqsClient } from '../../ops/aws/clients.ts';
import { explain } from '../../ops/aws/explain.ts';
import { messageQueue, type ReceivedMessage } from '../../ops/aws/queue.ts';
import { deadLetterJson } from '../../ops/dead-letters/json.ts';
import { readDeadLetter } from '../../ops/dead-letters/dead-letter.ts';
import type { DeadLetterStore } from '../../ops/dead-letters/read.ts';
import {
  replayDeadLetters,
  type ReplayQueues,
  type ReplayResult,
} from '../../ops/dead-letters/replay.ts';
import type { SeenMessage } from '../sqs/queue-service.ts';
import type { Bridge } from '../bridge.ts';
import { objectOr } from '../stack/template.ts';
import type { LettersView, ReplayAnswer } from './state.ts';

/** Dead letters that the page shows. */
const SHOWN = 50;

/** What to replay. */
export interface ReplayChoice {
  /** Message IDs. @default all */
  readonly ids?: readonly string[] | undefined;
  readonly newestPerIncident?: boolean | undefined;
}

/** The dead letters of a bridge. */
export interface LetterDesk {
  readonly view: () => Promise<LettersView>;
  /** `undefined` while another replay is under way. */
  readonly replay: (choice: ReplayChoice) => Promise<ReplayAnswer | undefined>;
  readonly isReplaying: () => boolean;
  /** Letters that replays deduplicated into newer ones of their incident. */
  readonly deduplicatedByReplay: () => number;
  /** Ends a replay that is under way. */
  readonly stop: () => Promise<void>;
}

function storeOf({
  model,
  aws,
  operator,
  queue,
}: Bridge): DeadLetterStore & ReplayQueues & { readonly close: () => void } {
  const folder = model.functions.find(
    ({ environment }) => ENV.integrationKeysSecretArn in environment,
  )?.codeFolder;
  const routes =
    folder === undefined ? [] : readRoutes(readFileSync(join(folder, ROUTES_FILE), 'utf8'));
  const sqs = sqsClient({ region: model.region, endpoint: aws.url, credentials: operator });
  return {
    events: messageQueue(sqs, queue('events').url),
    deadLetters: messageQueue(sqs, queue('deadLetters').url),
    routes: routeTable(routes),
    close: () => sqs.destroy(),
  };
}

/** A message that was looked at, in the form of one that was received. */
function rawLetter({ messageId, body, attributes }: SeenMessage): ReceivedMessage {
  const texts = Object.entries(attributes).map(([name, value]) => {
    const { DataType = 'String', StringValue }: JsonObject = objectOr(value);
    return [
      name,
      {
        DataType: String(DataType),
        ...(typeof StringValue === 'string' ? { StringValue } : {}),
      },
    ] as const;
  });
  return { messageId, receiptHandle: '', body, attributes: Object.fromEntries(texts), system: {} };
}

/** Why letters were left, a sentence; `undefined` when none were. */
function troubleOf({ failures, ending, remaining, error }: ReplayResult): string | undefined {
  const [failure] = failures;
  if (failure !== undefined) return failure.reason;
  if (error !== undefined) return explain(error, { stage: 'local', isLocal: true });
  if (remaining === 0) return undefined;
  return ending === 'gone'
    ? 'Somebody else replayed or removed the others meanwhile.'
    : 'Another command holds the others; try again in a minute.';
}

/** Opens the dead letters of a bridge. */
export function letterDesk(bridge: Bridge): LetterDesk {
  const store = storeOf(bridge);
  const stopping = new AbortController();
  let underWay: Promise<ReplayResult> | undefined;
  let deduplicatedByReplay = 0;
  return {
    view: async () => {
      const { ready, inFlight, delayed } = await bridge.inspect('deadLetters');
      const all = [...ready, ...inFlight, ...delayed];
      const letters = all
        .map((message) => readDeadLetter(rawLetter(message), store.routes))
        .toSorted((a, b) => b.failedAt - a.failedAt || (a.id < b.id ? -1 : 1))
        .slice(0, SHOWN);
      return { shown: letters.map(deadLetterJson), total: all.length };
    },
    replay: async ({ ids, newestPerIncident }) => {
      if (underWay !== undefined) return undefined;
      underWay = replayDeadLetters(
        store,
        { id: ids },
        { newestPerIncident: newestPerIncident ?? false, signal: stopping.signal },
      );
      try {
        const result = await underWay;
        deduplicatedByReplay += result.deduplicated;
        const { sent, deduplicated, failed, remaining } = result;
        return { sent, deduplicated, failed, remaining, trouble: troubleOf(result) };
      } finally {
        underWay = undefined;
      }
    },
    isReplaying: () => underWay !== undefined,
    deduplicatedByReplay: () => deduplicatedByReplay,
    stop: async () => {
      stopping.abort();
      await underWay?.catch(() => undefined);
      store.close();
    },
  };
}
