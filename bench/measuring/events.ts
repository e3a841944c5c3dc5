/** Events as Glasnostic sends them, and the batches in which delivery gets them. */

import { readFileSync } from 'node:fs';
import { isJsonObject } from '../../lambda/shared/json.ts';
import { writeEventMessage } from '../../lambda/shared/message.ts';

const SAMPLE: unknown = JSON.parse(
  readFileSync(new URL('../../local/samples/view-threshold.json', import.meta.url), 'utf8'),
);

/**
 * The event that Glasnostic documents, about another view.
 *
 * @param at when it happened, milliseconds since 1970
 */
export function thresholdEvent(view: string, at: number): object {
  if (!isJsonObject(SAMPLE) || !isJsonObject(SAMPLE['webhook']) || !isJsonObject(SAMPLE['event'])) {
    throw new Error('The sample is not an event.');
  }
  const time = new Date(at).toISOString();
  const { webhook, event } = SAMPLE;
  return {
    ...SAMPLE,
    time,
    webhook: { ...webhook, parameter: { ...Object(webhook['parameter']), viewId: view } },
    event: {
      ...event,
      time,
      content: { ...Object(event['content']), value: 42 },
      view: { id: view, name: `Service ${view}` },
    },
  };
}

/**
 * A record of a batch that holds such an event.
 *
 * @param id of the message
 * @param at when it was accepted and put on the queue, milliseconds since 1970
 */
export function record(id: string, view: string, at: number): object {
  const text = JSON.stringify(thresholdEvent(view, at));
  const receivedAt = new Date(at).toISOString();
  return {
    messageId: id,
    receiptHandle: `handle-${id}`,
    body: writeEventMessage({ receivedAt, requestId: `request-${id}` }, text),
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: String(at),
      MessageGroupId: 'platform',
    },
    messageAttributes: {},
    eventSource: 'aws:sqs',
  };
}
