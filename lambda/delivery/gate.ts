import { backoff } from './backoff.ts';
import { permission } from './circuit.ts';
import type { Disposition } from './disposition.ts';
import type { InstanceMemory } from './instance.ts';
import { nextCallAt, shareOf, slotSpacing } from './pacing.ts';
import type { DeliverySettings } from './settings.ts';

/** Time that is kept for writing dead letters and deferring messages, milliseconds, at most. */
const SETTLE_TIME = 3_000;

/**
 * When the last call must have ended, so that the batch can be settled: three seconds before the
 * function is stopped, or a quarter of its time if that is less. Milliseconds since 1970.
 */
export function lastCallEnd(start: number, deadline: number): number {
  return deadline - Math.min(SETTLE_TIME, (deadline - start) / 4);
}

/** What decides whether a call may start. Times in milliseconds. */
export interface GateInput {
  readonly memory: Readonly<InstanceMemory>;
  readonly settings: DeliverySettings;
  readonly service: string;
  /** How often the event that would speak has been received. */
  readonly attempt: number;
  /** How many updates of this service the gate has turned away in this batch. */
  readonly turnedAway: number;
  /** Whether this call may be the one that probes an open circuit. */
  readonly mayProbe: boolean;
  /** When the last call must have ended. */
  readonly callsEnd: number;
  readonly now: number;
  readonly random: number;
}

/** The disposition of what must wait. */
export type Waiting = Extract<Disposition, { kind: 'waiting' }>;

/** Decides whether a call may start now; if not, for how long and why its events wait. */
export function gate(input: GateInput): 'open' | Waiting {
  const { memory, settings, service, now } = input;
  if (now + settings.callTimeoutSeconds * 1000 > input.callsEnd) {
    return waiting('out_of_time', 0, 'The function ran out of time before this call.');
  }
  const allowed = permission(memory.circuit, now);
  if (allowed === 'none' || (allowed === 'probe' && !input.mayProbe)) {
    const own = backoff({
      base: settings.retryBaseSeconds * 1000,
      cap: settings.retryCapSeconds * 1000,
      attempt: input.attempt,
      random: input.random,
      retryAfter: (memory.circuit.openUntil ?? now) - now,
    });
    return waiting('circuit_open', own, 'PagerDuty could not be reached a moment ago.');
  }
  const share = shareOf(settings.callsPerMinute, settings.maxConcurrentBatches);
  const throttle = memory.throttled.get(service);
  if (throttle !== undefined && now < throttle.until) {
    // Spread at the rate that PagerDuty takes, or they would all be throttled together again.
    const wait = throttle.until - now + input.turnedAway * slotSpacing(share);
    return waiting('key_throttled', wait, 'PagerDuty answered 429 for this key a moment ago.');
  }
  const slot = nextCallAt(memory.calls.get(service) ?? [], share, now);
  if (slot > now) {
    const wait = slot - now + input.turnedAway * slotSpacing(share);
    return waiting('paced', wait, `Over ${settings.callsPerMinute} calls a minute for this key.`);
  }
  return 'open';
}

function waiting(cause: Waiting['cause'], wait: number, detail: string): Waiting {
  return { kind: 'waiting', cause, wait, detail };
}
