/** The dead letters on the page, and their replay by the operator's own code. */

import type { JsonObject } from '../../lambda/shared/json.ts';
import { routeTable } from '../../lambda/shared/routes.ts';
import { sqsClient } from '../../ops/aws/clients.ts';
import { explain } from '../../ops/aws/explain.ts';
import { messageQueue, type ReceivedMessage } from '../../ops/aws/queue.ts';
import { readDeadLetter } from '../../ops/dead-letters/dead-letter.ts';
import { deadLetterJson } from '../../ops/dead-letters/json.ts';
import { replayDeadLetters, type ReplayResult } from '../../ops/dead-letters/replay.ts';
import type { SeenMessage } from '../sqs/queue-service.ts';
import type { Bridge } from '../bridge.ts';
import { routesOf } from '../parts.ts';
import { objectOr } from '../stack/template.ts';
import type { DeadLettersView, ReplayAnswer } from './state.ts';

/** Dead letters that the page shows. */
const SHOWN = 50;

/** What to replay. */
export interface ReplayChoice {
  /** Message IDs. @default all */
  readonly ids?: readonly string[] | undefined;
  readonly newestPerIncident?: boolean | undefined;
}

/** The dead letters of a bridge. */
export interface DeadLetters {
  readonly view: () => Promise<DeadLettersView>;
  /** Resolves to `undefined` while another replay runs. */
  readonly replay: (choice: ReplayChoice) => Promise<ReplayAnswer | undefined>;
  readonly isReplaying: () => boolean;
  /** Dead letters that replays deduplicated into newer ones of their incident. */
  readonly deduplicatedByReplay: () => number;
  /** Ends a replay that is running. */
  readonly stop: () => Promise<void>;
}

/** A message that was inspected, in the form of one that was received. */
function asReceived({ messageId, body, attributes }: SeenMessage): ReceivedMessage {
  const texts = Object.entries(attributes).map(([name, value]) => {
    const { DataType = 'String', StringValue }: JsonObject = objectOr(value);
    const text = typeof StringValue === 'string' ? { StringValue } : {};
    return [name, { DataType: String(DataType), ...text }] as const;
  });
  return { messageId, receiptHandle: '', body, attributes: Object.fromEntries(texts), system: {} };
}

/** Why dead letters were not replayed, a sentence; `undefined` when all were. */
function reasonOf({ failures, ending, remaining, error }: ReplayResult): string | undefined {
  const [failure] = failures;
  if (failure !== undefined) return failure.reason;
  if (error !== undefined) return explain(error, { stage: 'local', isLocal: true });
  if (remaining === 0) return undefined;
  return ending === 'gone'
    ? 'Another command replayed or removed the others in the meantime.'
    : 'Another command is working on the others; try again in a minute.';
}

/** Opens the dead letters of a bridge. */
export function openDeadLetters(bridge: Bridge): DeadLetters {
  const { model, aws, operator, queue } = bridge;
  const sqs = sqsClient({ region: model.region, endpoint: aws.url, credentials: operator });
  const store = {
    events: messageQueue(sqs, queue('events').url),
    deadLetters: messageQueue(sqs, queue('deadLetters').url),
    routes: routeTable(routesOf(model)),
  };
  const stopping = new AbortController();
  let running: Promise<ReplayResult> | undefined;
  let deduplicatedByReplay = 0;
  return {
    view: async () => {
      const { ready, inFlight, delayed } = await bridge.inspect('deadLetters');
      const all = [...ready, ...inFlight, ...delayed];
      const newest = all
        .map((message) => readDeadLetter(asReceived(message), store.routes))
        .toSorted((a, b) => b.failedAt - a.failedAt || (a.id < b.id ? -1 : 1))
        .slice(0, SHOWN);
      return { shown: newest.map(deadLetterJson), total: all.length };
    },
    replay: async ({ ids, newestPerIncident = false }) => {
      if (running !== undefined) return undefined;
      const options = { newestPerIncident, signal: stopping.signal };
      running = replayDeadLetters(store, { id: ids }, options);
      try {
        const result = await running;
        deduplicatedByReplay += result.deduplicated;
        const { sent, deduplicated, failed, remaining } = result;
        return { sent, deduplicated, failed, remaining, reason: reasonOf(result) };
      } finally {
        running = undefined;
      }
    },
    isReplaying: () => running !== undefined,
    deduplicatedByReplay: () => deduplicatedByReplay,
    stop: async () => {
      stopping.abort();
      await running?.catch(() => undefined);
      sqs.destroy();
    },
  };
}
