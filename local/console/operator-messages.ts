/**
 * Counts the messages that the operator put into the queues or took out of them. They have no
 * metrics: `dlq discard`, `dlq import`, a replay, or a message that was sent by hand.
 */

import { readEventMessage } from '../../lambda/shared/message.ts';
import type { AnsweredCall } from '../aws-endpoint/aws-endpoint.ts';
import { entriesOf, queueNameIn, textOf } from '../aws-endpoint/protocol.ts';
import type { Bridge } from '../bridge.ts';

/** Messages of the operator since the start. */
export interface OperatorMessages {
  /** Sent to the events queue and readable as events: a replay sends such. */
  readonly events: number;
  /** Sent to the events queue, and no events. */
  readonly foreign: number;
  /** Sent to the dead-letter queue. */
  readonly imported: number;
  /** Deleted from either queue. */
  readonly deleted: number;
}

/** Messages of an operator who has done nothing. */
export const NO_OPERATOR_MESSAGES: OperatorMessages = {
  events: 0,
  foreign: 0,
  imported: 0,
  deleted: 0,
};

/** Bodies that a call sent. */
function sentBodies({ operation, input, answer }: AnsweredCall): readonly string[] {
  if (operation === 'SendMessage') return [textOf(input, 'MessageBody') ?? ''];
  const done = new Set(entriesOf(answer.body, 'Successful').map(({ Id }) => Id));
  return entriesOf(input, 'Entries')
    .filter(({ Id }) => done.has(Id))
    .map((entry) => textOf(entry, 'MessageBody') ?? '');
}

/** Adds what a call did. Other calls change nothing. */
export function addCall(
  before: OperatorMessages,
  call: AnsweredCall,
  isEventsQueue: boolean,
): OperatorMessages {
  if (call.answer.status !== 200) return before;
  switch (call.operation) {
    case 'DeleteMessage':
      return { ...before, deleted: before.deleted + 1 };
    case 'DeleteMessageBatch': {
      const deleted = entriesOf(call.answer.body, 'Successful').length;
      return { ...before, deleted: before.deleted + deleted };
    }
    case 'SendMessage':
    case 'SendMessageBatch': {
      const bodies = sentBodies(call);
      if (!isEventsQueue) return { ...before, imported: before.imported + bodies.length };
      const foreign = bodies.filter((body) => typeof readEventMessage(body) === 'string').length;
      return {
        ...before,
        foreign: before.foreign + foreign,
        events: before.events + bodies.length - foreign,
      };
    }
    default:
      return before;
  }
}

/** Starts counting. */
export function watchOperatorMessages({ aws, queue }: Pick<Bridge, 'aws' | 'queue'>): {
  readonly counts: () => OperatorMessages;
  readonly stop: () => void;
} {
  let counts = NO_OPERATOR_MESSAGES;
  const names = { events: queue('events').name, deadLetters: queue('deadLetters').name };
  const stop = aws.watch((call) => {
    // Both functions act under names of their own.
    if (call.caller !== 'operator' || call.service !== 'sqs') return;
    const name = queueNameIn(call.input);
    if (name === names.events || name === names.deadLetters)
      counts = addCall(counts, call, name === names.events);
  });
  return { counts: () => counts, stop };
}
