/** The dead letters on the page, and their replay by the operator's own code. */

import { createHash } from 'node:crypto';
import type { JsonObject } from '../../lambda/shared/json.ts';
import { type RouteTable, routeTable, SEVERITIES } from '../../lambda/shared/routes.ts';
import { sqsClient } from '../../ops/aws/clients.ts';
import { explain } from '../../ops/aws/explain.ts';
import { messageQueue, type ReceivedMessage } from '../../ops/aws/queue.ts';
import { type DeadLetter, readDeadLetter } from '../../ops/dead-letters/dead-letter.ts';
import { higherSeverity } from '../../ops/dead-letters/groups.ts';
import { replayDeadLetters, type ReplayResult } from '../../ops/dead-letters/replay.ts';
import { queueNameIn } from '../aws-endpoint/protocol.ts';
import { inQueue, queueDepth } from '../sqs/queue-depth.ts';
import type { SeenMessage } from '../sqs/queue-service.ts';
import type { Bridge } from '../bridge.ts';
import { routesOf } from '../parts.ts';
import { objectOr } from '../stack/template.ts';
import { type DeadLetterGroup, groupDeadLetters } from './dead-letter-groups.ts';
import type { DeadLetterGroupView, DeadLetterRow, DeadLettersView, ReplayAnswer } from './state.ts';

/** Longest time between a change of the dead letters and the reading that sees it, milliseconds. */
const LONGEST_PAUSE = 2_000;

/** What to replay. */
export interface ReplayChoice {
  /** Message IDs. @default all */
  readonly ids?: readonly string[] | undefined;
  /** IDs of groups, in addition to `ids`. */
  readonly groups?: readonly string[] | undefined;
  readonly newestPerIncident?: boolean | undefined;
}

/** The dead letters of a bridge. */
export interface DeadLetters {
  readonly view: () => Promise<DeadLettersView>;
  /** The dead letters of a group, the newest first; none when there is no such group. */
  readonly group: (id: string) => Promise<readonly DeadLetterRow[]>;
  /** When each became a dead letter, milliseconds since 1970. */
  readonly failedAt: () => Promise<readonly number[]>;
  /** Resolves to `undefined` while another replay runs. */
  readonly replay: (choice: ReplayChoice) => Promise<ReplayAnswer | undefined>;
  readonly isReplaying: () => boolean;
  /** Dead letters that replays deduplicated into newer ones of their incident. */
  readonly deduplicatedByReplay: () => number;
  /** Ends a replay that is running. */
  readonly stop: () => Promise<void>;
}

/** A message that was inspected, in the form of one that was received. */
function asReceived({ messageId, body, attributes, sentAt }: SeenMessage): ReceivedMessage {
  const texts = Object.entries(attributes).map(([name, value]) => {
    const { DataType = 'String', StringValue }: JsonObject = objectOr(value);
    const text = typeof StringValue === 'string' ? { StringValue } : {};
    return [name, { DataType: String(DataType), ...text }] as const;
  });
  return {
    messageId,
    receiptHandle: '',
    body,
    attributes: Object.fromEntries(texts),
    system: { SentTimestamp: String(sentAt) },
  };
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

/** Of a fixed length, because a key contains the words of the failure. */
function idOf({ key }: DeadLetterGroup): string {
  return createHash('sha256').update(key).digest('base64url').slice(0, 16);
}

function titleOf({ event, problem }: DeadLetter): string {
  return event?.summary ?? problem ?? 'No event';
}

function groupView(id: string, { deadLetters }: DeadLetterGroup): DeadLetterGroupView {
  const [newest] = deadLetters;
  const { failedAt, reason, detail, httpStatus, service, event } = newest;
  return {
    id,
    count: deadLetters.length,
    newestAt: failedAt,
    oldestAt: deadLetters.at(-1)?.failedAt ?? failedAt,
    reason,
    detail,
    httpStatus,
    service,
    dedupKey: event?.dedupKey,
    severity: deadLetters.map((each) => each.event?.severity).reduce(higherSeverity),
    title: titleOf(newest),
  };
}

function rowOf(deadLetter: DeadLetter): DeadLetterRow {
  const { id, failedAt, receiveCount } = deadLetter;
  return { id, failedAt, receiveCount, title: titleOf(deadLetter) };
}

/** The higher, the more urgent. */
function rank({ severity }: DeadLetterGroupView): number {
  return SEVERITIES.findIndex((known) => known === severity);
}

/** The most urgent first. The sort is stable, so the order of age stays. */
function bySeverity(a: DeadLetterGroupView, b: DeadLetterGroupView): number {
  return rank(b) - rank(a);
}

/** The dead letters at one moment. */
interface Reading {
  /** State of the queue. */
  readonly key: string;
  /** `performance.now()`. */
  readonly at: number;
  readonly groups: ReadonlyMap<string, DeadLetterGroup>;
  readonly view: DeadLettersView;
}

/** Reads the groups again when the queue has changed, and not more often than it takes. */
function groupReader(bridge: Bridge, routes: RouteTable) {
  const { name } = bridge.queue('deadLetters');
  let changes = 0;
  const stop = bridge.aws.watch(({ service, operation, input }) => {
    if (service !== 'sqs' || !/^(?:Send|Delete|Purge)/.test(operation)) return;
    if (queueNameIn(input) === name) changes += 1;
  });
  let last: Reading = { key: '', at: -Infinity, groups: new Map(), view: { groups: [], total: 0 } };
  const read = async (isFresh = false): Promise<Reading> => {
    const key = `${inQueue(await queueDepth(bridge, 'deadLetters'))} ${changes}`;
    const pause = isFresh ? 0 : Math.min(LONGEST_PAUSE, last.view.total);
    if (key === last.key || performance.now() - last.at < pause) return last;
    const { ready, inFlight, delayed } = await bridge.inspect('deadLetters');
    const all = [...ready, ...inFlight, ...delayed];
    const groups = groupDeadLetters(all.map((each) => readDeadLetter(asReceived(each), routes)));
    const byId = new Map(groups.map((group) => [idOf(group), group] as const));
    const views = [...byId].map(([id, group]) => groupView(id, group));
    const view = { groups: views.toSorted(bySeverity), total: all.length };
    last = { key, at: performance.now(), groups: byId, view };
    return last;
  };
  return { read, stop };
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
  const groups = groupReader(bridge, store.routes);
  const stopping = new AbortController();
  let running: Promise<ReplayResult> | undefined;
  let deduplicatedByReplay = 0;

  const idsOf = async ({ ids, groups: chosen }: ReplayChoice) => {
    if (chosen === undefined) return ids;
    const read = await groups.read(true);
    const inGroups = chosen.flatMap((id) => read.groups.get(id)?.deadLetters ?? []);
    return [...(ids ?? []), ...inGroups.map(({ id }) => id)];
  };
  const replayAll = async (choice: ReplayChoice): Promise<ReplayResult> => {
    const { newestPerIncident = false } = choice;
    const options = { newestPerIncident, signal: stopping.signal };
    return replayDeadLetters(store, { id: await idsOf(choice) }, options);
  };
  return {
    view: async () => (await groups.read()).view,
    group: async (id) => (await groups.read()).groups.get(id)?.deadLetters.map(rowOf) ?? [],
    failedAt: async () => {
      const all = [...(await groups.read()).groups.values()];
      return all.flatMap(({ deadLetters }) => deadLetters.map(({ failedAt }) => failedAt));
    },
    replay: async (choice) => {
      if (running !== undefined) return undefined;
      running = replayAll(choice);
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
      groups.stop();
      await running?.catch(() => undefined);
      sqs.destroy();
    },
  };
}
