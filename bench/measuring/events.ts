/** Events of Glasnostic, and records of the batches that delivery gets. */

import { readFileSync } from 'node:fs';
import { isJsonObject } from '../../lambda/shared/json.ts';
import { writeEventMessage } from '../../lambda/shared/message.ts';

const SAMPLE: unknown = JSON.parse(
  readFileSync(new URL('../../local/samples/view-threshold.json', import.meta.url), 'utf8'),
);

/**
 * The event that Glasnostic documents, with another view.
 *
 * @param at time of the event, milliseconds since 1970
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
 * A record with such an event, as in a batch for delivery.
 *
 * @param id of the message
 * @param at time at which the event was accepted and sent to the queue, milliseconds since 1970
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
