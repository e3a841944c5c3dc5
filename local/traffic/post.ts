/** Posts events to the webhook of a local bridge as Glasnostic does: the token is part of the URL. */

import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { isJsonObject } from '../../lambda/shared/json.ts';
import { pause } from '../../ops/pace.ts';

/** Where to post to. */
export interface Target {
  readonly webhookUrl: string;
}

/** Answer of the webhook. */
export interface Answer {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** Text of the answer, or why there was none. */
  readonly detail: string;
}

/** Number of answers with one status, with the detail of the first. */
export interface AnswerCount extends Answer {
  readonly count: number;
}

/** Glasnostic uses few connections, so a storm does too. */
const agent = new Agent({ keepAlive: true, maxSockets: 32 });

/** Timers are late by up to 2 ms, so a shorter wait would make the rate too low. */
const SHORTEST_WAIT = 2;

/** A problem's detail, the reason for ignoring an event, or API Gateway's message. */
function detailIn(body: string): string {
  try {
    const value: unknown = JSON.parse(body);
    if (isJsonObject(value)) {
      const detail = value['detail'] ?? value['reason'] ?? value['message'] ?? value['status'];
      if (typeof detail === 'string') return detail;
    }
  } catch {
    // Not JSON: the text as it is.
  }
  return body.slice(0, 200);
}

/** Posts one event. Never rejects. */
async function postEvent({ webhookUrl }: Target, event: object): Promise<Answer> {
  return new Promise((resolve) => {
    const fail = ({ message }: Error): void => resolve({ status: 0, detail: message });
    const headers = { 'content-type': 'application/json' };
    request(webhookUrl, { method: 'POST', agent, headers }, (response) => {
      const { statusCode: status = 0 } = response;
      text(response).then((body) => resolve({ status, detail: detailIn(body) }), fail);
    })
      .on('error', fail)
      .end(JSON.stringify(event));
  });
}

/** Posts one event. @returns the status of the answer */
export async function post(target: Target, event: object): Promise<number> {
  const { status } = await postEvent(target, event);
  return status;
}

/**
 * Posts events at a steady rate, and waits for the answers.
 *
 * @returns the answers by status, the most frequent first
 */
export async function postAtRate(
  target: Target,
  events: Iterable<object>,
  perSecond: number,
  signal?: AbortSignal,
): Promise<readonly AnswerCount[]> {
  const counts = new Map<number, AnswerCount>();
  const underWay = new Set<Promise<void>>();
  const postAndCount = async (event: object): Promise<void> => {
    const { status, detail } = await postEvent(target, event);
    const known = counts.get(status) ?? { status, detail, count: 0 };
    counts.set(status, { ...known, count: known.count + 1 });
  };
  const begin = performance.now();
  let sent = 0;
  for (const event of events) {
    const early = begin + (sent * 1000) / perSecond - performance.now();
    if (early > SHORTEST_WAIT) await pause(early, signal);
    if (signal?.aborted === true) break;
    const one = postAndCount(event).finally(() => underWay.delete(one));
    underWay.add(one);
    sent += 1;
  }
  await Promise.all(underWay);
  return [...counts.values()].toSorted((a, b) => b.count - a.count);
}
