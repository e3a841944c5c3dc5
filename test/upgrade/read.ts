/** How this version reads messages and dead letters that another version wrote. */

import { readCandidate } from '../../lambda/delivery/candidate.ts';
import { isJsonObject } from '../../lambda/shared/json.ts';
import { routeTable } from '../../lambda/shared/routes.ts';
import { readDeadLetter } from '../../ops/dead-letters/dead-letter.ts';

const ROUTES = routeTable([
  {
    environment: '*',
    service: 'platform',
    severity: { default: 'warning', over: [{ ratio: 2, severity: 'critical' }] },
  },
]);

const RECEIVED = { messageId: 'm', receiptHandle: 'r' };

/** What delivery reads in the body of a message: kind, subject, severity, number of events. */
export function readMessage(body: string): string {
  const read = readCandidate({ ...RECEIVED, body, receiveCount: 1, sentAt: 0 }, ROUTES);
  if (read.kind !== 'candidate') return `dead letter: ${read.undeliverable.detail}`;
  const { event, dedupKey, severity, standsFor } = read.candidate;
  const subject = dedupKey.split(':').slice(2).join(':');
  return `${event.kind} ${subject} ${severity} ${standsFor.count}`;
}

/**
 * What the operator's commands read in a dead letter: reason, HTTP status, service, receive count,
 * number of deduplicated events, and the kind of its event.
 *
 * @param line JSON with `body`, `attributes` and `groupId`
 */
export function readDeadLetterLine(line: string): string {
  const { body, attributes, groupId } = JSON.parse(line);
  if (typeof body !== 'string' || !isJsonObject(attributes)) throw new Error(line);
  const { reason, httpStatus, service, receiveCount, deduplicated, event } = readDeadLetter(
    {
      ...RECEIVED,
      body,
      attributes: Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => {
          const { DataType, StringValue } = isJsonObject(value) ? value : {};
          return [name, { DataType: String(DataType), StringValue: String(StringValue) }];
        }),
      ),
      system: { MessageGroupId: String(groupId) },
    },
    ROUTES,
  );
  const fields = [reason, httpStatus ?? '-', service, receiveCount, deduplicated?.count ?? 0];
  return [...fields, event?.kind ?? 'no event'].join(' ');
}
