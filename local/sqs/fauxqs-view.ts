/** Reads fauxqs's view of a queue. Pure. */

import type { JsonObject } from '../../lambda/shared/json.ts';
import { isTick } from '../../lambda/shared/message.ts';
import { entriesOf } from '../aws-endpoint/protocol.ts';
import { objectOr } from '../stack/template.ts';
import type { Purgeable } from './purges.ts';

/** Number of messages in a queue, by state. */
export interface QueueDepth {
  /** Visible: can be received now. */
  readonly ready: number;
  /** Not visible: being processed, or waiting for the next attempt. */
  readonly inFlight: number;
  /** Sent with a delay that has not passed. */
  readonly delayed: number;
}

/** Messages of a queue. */
export interface MessageCounts {
  /** Without ticks: events, or dead letters. */
  readonly events: QueueDepth;
  readonly ticks: QueueDepth;
}

/** The stored messages in fauxqs's view of a queue, by state. */
export function storedIn(view: unknown) {
  const messages = objectOr(objectOr(view)['messages']);
  return {
    ready: entriesOf(messages, 'ready'),
    delayed: entriesOf(messages, 'delayed'),
    inFlight: entriesOf(messages, 'inflight').map(({ message }) => objectOr(message)),
  };
}

function isStoredTick({ body }: JsonObject): boolean {
  return typeof body === 'string' && isTick(body);
}

/** Counts the messages in fauxqs's view of a queue. */
export function countsIn(view: unknown): MessageCounts {
  const { ready, delayed, inFlight } = storedIn(view);
  const ticks = {
    ready: ready.filter(isStoredTick).length,
    inFlight: inFlight.filter(isStoredTick).length,
    delayed: delayed.filter(isStoredTick).length,
  };
  const events = {
    ready: ready.length - ticks.ready,
    inFlight: inFlight.length - ticks.inFlight,
    delayed: delayed.length - ticks.delayed,
  };
  return { events, ticks };
}

/** What a purge would remove from fauxqs's view of a queue. */
export function purgeableIn(view: unknown): Purgeable {
  const { events } = countsIn(view);
  const inFlight = entriesOf(objectOr(objectOr(view)['messages']), 'inflight');
  return {
    messages: events.ready + events.inFlight + events.delayed,
    receiptHandles: inFlight
      .filter(({ message }) => !isStoredTick(objectOr(message)))
      .map(({ receiptHandle }) => String(receiptHandle)),
  };
}

/** When the oldest message in fauxqs's view of a queue was sent, milliseconds since 1970. */
export function oldestIn(view: unknown, except: ReadonlySet<unknown>): number | undefined {
  let oldest: number | undefined;
  for (const message of Object.values(storedIn(view)).flat()) {
    const { messageId, sentTimestamp } = message;
    if (except.has(messageId) || isStoredTick(message)) continue;
    if (typeof sentTimestamp === 'number') oldest = Math.min(oldest ?? Infinity, sentTimestamp);
  }
  return oldest;
}

/** When the first message in flight becomes visible, milliseconds since 1970. */
export function nextVisibleIn(view: unknown, except: ReadonlySet<unknown>): number | undefined {
  let next: number | undefined;
  for (const { message, visibilityDeadline } of entriesOf(
    objectOr(objectOr(view)['messages']),
    'inflight',
  )) {
    const stored = objectOr(message);
    if (except.has(stored['messageId']) || isStoredTick(stored)) continue;
    if (typeof visibilityDeadline === 'number')
      next = Math.min(next ?? Infinity, visibilityDeadline);
  }
  return next;
}
