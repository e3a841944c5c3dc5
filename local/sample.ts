/** Sends the vendor's sample event through a local bridge, and describes the result. */

import { readFileSync } from 'node:fs';
import { formatDuration } from '../lambda/shared/duration.ts';
import type { JsonObject } from '../lambda/shared/json.ts';
import type { OpenIncident } from '../lambda/shared/open-incident.ts';
import type { Bridge } from './bridge.ts';
import type { Journal, LogLine } from './lambda/journal.ts';
import type { Incident } from './pagerduty/incidents.ts';

/** Longest wait for the delivery, milliseconds: a first batch and three retries. */
const DELIVERY_TIMEOUT = 15_000;

const SAMPLE = new URL('./samples/view-threshold.json', import.meta.url);

/** The vendor's sample has the value 0, which is not above its threshold of 30. */
const VALUE = 42;

/** The sample event, with a value above its threshold. */
function sampleText(): string {
  return readFileSync(SAMPLE, 'utf8').replace('"value": 0', `"value": ${VALUE}`);
}

/** The delivery function's log entry about one event. */
interface DeliveryEntry {
  readonly outcome: string;
  readonly status?: number;
  readonly detail?: string;
  readonly dedupKey: string;
}

function readEntry(fields: JsonObject, requestId: string): DeliveryEntry | undefined {
  const { request_ids: ids, outcome, status, detail, dedup_key: dedupKey } = fields;
  if (!Array.isArray(ids) || !ids.includes(requestId) || typeof outcome !== 'string')
    return undefined;
  return {
    outcome,
    ...(typeof status === 'number' ? { status } : {}),
    ...(typeof detail === 'string' ? { detail } : {}),
    dedupKey: String(dedupKey),
  };
}

/**
 * Waits until PagerDuty has accepted or refused an event.
 *
 * @returns the log entry about that; otherwise that of the last attempt; `undefined` without any
 */
function waitForDelivery(journal: Journal, requestId: string): Promise<DeliveryEntry | undefined> {
  const { promise, resolve } = Promise.withResolvers<DeliveryEntry | undefined>();
  let last: DeliveryEntry | undefined;
  const timer = setTimeout(() => {
    resolve(last);
  }, DELIVERY_TIMEOUT);
  // The process may end before the timeout when the bridge is stopped.
  timer.unref();
  const read = ({ fields }: LogLine): void => {
    const entry = fields === undefined ? undefined : readEntry(fields, requestId);
    if (entry === undefined) return;
    last = entry;
    if (entry.outcome !== 'retry') resolve(entry);
  };
  const unwatch = journal.watch(read);
  for (const line of journal.lines()) read(line);
  return promise.finally(() => {
    clearTimeout(timer);
    unwatch();
  });
}

function describeEnd(incident: OpenIncident | undefined): string {
  if (incident === undefined) return '  ends       when a person resolves it';
  const { due, lastEvent } = incident;
  const time = new Date(due).toLocaleTimeString('en-GB');
  return `  ends       about ${time}, ${formatDuration(due - lastEvent)} after its last event: the bridge resolves it`;
}

function describeIncident({ severity, summary, dedupKey, links }: Incident): string[] {
  return [
    'It opened an incident:',
    `  severity   ${severity}`,
    `  summary    ${summary}`,
    `  dedup key  ${dedupKey}`,
    ...links.map(({ href }) => `  link       ${String(href)}`),
  ];
}

function describeAnswer(entry: DeliveryEntry): string[] {
  // The detail begins with the status if there was an answer.
  const answer = entry.detail ?? String(entry.status);
  switch (entry.outcome) {
    case 'delivered':
      return [`PagerDuty answered ${answer}.`, `  dedup key  ${entry.dedupKey}`];
    case 'rejected':
      return [`PagerDuty refused it: ${answer}`, 'The event is in the dead-letter queue.'];
    default:
      return [`PagerDuty could not take it yet: ${answer}`, 'The event waits in the queue.'];
  }
}

/**
 * Posts the sample event and waits until it is delivered.
 *
 * @param findOpenIncident reads the row of the table of open incidents with a dedup key; `undefined`
 *   if the bridge does not resolve the incident
 * @returns lines to print: the incident at the stand-in, or the answer of another PagerDuty
 */
export async function sendSample(
  bridge: Pick<Bridge, 'webhookUrl' | 'journal' | 'standIn'>,
  findOpenIncident: (dedupKey: string) => Promise<OpenIncident | undefined>,
): Promise<readonly string[]> {
  const response = await fetch(bridge.webhookUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: sampleText(),
  });
  const text = await response.text();
  if (response.status !== 202) {
    return [`The bridge answered the sample event with ${response.status}: ${text}`];
  }
  const entry = await waitForDelivery(
    bridge.journal,
    response.headers.get('apigw-requestid') ?? '',
  );
  if (entry === undefined) {
    return [
      `The sample event was not delivered within ${DELIVERY_TIMEOUT / 1000} s, and waits in the queue.`,
      'For more: ./bridge --stage local status',
    ];
  }
  const incident = bridge.standIn?.incidents().find(({ dedupKey }) => dedupKey === entry.dedupKey);
  return entry.outcome === 'delivered' && incident !== undefined
    ? [...describeIncident(incident), describeEnd(await findOpenIncident(incident.dedupKey))]
    : describeAnswer(entry);
}
