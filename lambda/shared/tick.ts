/**
 * The tick: a message that EventBridge Scheduler puts on the events queue once per minute. It is not
 * an event: it is in no account of events, and never a dead letter.
 */

import { isJsonObject } from './json.ts';
import { MESSAGE_VERSION } from './message.ts';

/** Body of a tick, as the schedule in the template has it. */
export const TICK_BODY = JSON.stringify({ version: MESSAGE_VERSION, tick: true });

/** Longest text that is parsed: a body of 256 KiB with an event is no tick. */
const MAX_TICK_LENGTH = 1_000;

/** True if the body of a message on the events queue is a tick. */
export function isTick(body: string): boolean {
  if (body.length > MAX_TICK_LENGTH || !body.includes('"tick"')) return false;
  try {
    const value: unknown = JSON.parse(body);
    return isJsonObject(value) && value['version'] === MESSAGE_VERSION && value['tick'] === true;
  } catch {
    return false;
  }
}
