import type { TriggerEvent } from '../../lambda/pagerduty/event.ts';
import type { PagerDuty } from '../../lambda/pagerduty/client.ts';
import { classifyResponse, type Outcome } from '../../lambda/pagerduty/outcome.ts';
import type { VirtualClock } from './clock.ts';

/** How PagerDuty behaves at one time. */
export type Mode =
  /** Takes events, up to its rate limit. */
  | 'up'
  /** Answers 503. */
  | 'unavailable'
  /** Answers nothing until the caller gives up. */
  | 'hanging'
  /** Breaks the connection. */
  | 'resetting';

/** A call that PagerDuty saw. */
export interface SeenCall {
  /** When it started, milliseconds since 1970. */
  readonly at: number;
  readonly key: string;
  readonly dedupKey: string;
  readonly outcome: Outcome['kind'];
  readonly status?: number | undefined;
  /** How many events it said it stands for. */
  readonly count: number;
  readonly receivedAt: string;
}

/** A PagerDuty that can be down, with its limit on calls. */
export interface PagerDutyModel {
  readonly send: PagerDuty;
  readonly calls: readonly SeenCall[];
}

/** Settings of {@link pagerDutyModel}. */
export interface PagerDutyModelOptions {
  readonly clock: VirtualClock;
  readonly modeAt: (time: number) => Mode;
  /** Calls of one key that are accepted in any 60 s. */
  readonly callsPerMinute: number;
  /** After how long the client gives up, milliseconds. */
  readonly callTimeout: number;
  /** How long an answer takes, milliseconds. */
  readonly latency: () => number;
  /** What it answers to an event while it is up. @default 202 */
  readonly answer?: (event: TriggerEvent) => { readonly status: number; readonly body?: string };
}

const WINDOW = 60_000;

/** What the client makes of a call without an answer. */
function lost(what: string): Outcome {
  return {
    kind: 'retry',
    cause: 'unreachable',
    detail: `PagerDuty could not be reached: ${what}`,
  };
}

function numberAt(value: unknown, name: string): number | undefined {
  const found: unknown =
    typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  return typeof found === 'number' ? found : undefined;
}

/** A stand-in for PagerDuty that lives on a virtual clock. */
export function pagerDutyModel(options: PagerDutyModelOptions): PagerDutyModel {
  const { clock } = options;
  const calls: SeenCall[] = [];
  const accepted = new Map<string, number[]>();

  const limited = (key: string): boolean => {
    const now = clock.now();
    const recent = (accepted.get(key) ?? []).filter((time) => time > now - WINDOW);
    const isOver = recent.length >= options.callsPerMinute;
    accepted.set(key, isOver ? recent : [...recent, now]);
    return isOver;
  };

  const outcomeOf = async (event: TriggerEvent): Promise<Outcome> => {
    const mode = options.modeAt(clock.now());
    if (mode === 'hanging') {
      await clock.sleep(options.callTimeout);
      return lost('no answer in time');
    }
    await clock.sleep(options.latency());
    if (mode === 'resetting') return lost('ECONNRESET');
    if (mode === 'unavailable')
      return classifyResponse({ status: 503, body: 'Service unavailable' }, 0);
    if (limited(event.routing_key)) return classifyResponse({ status: 429, body: '' }, 0);
    const { status, body = '' } = options.answer?.(event) ?? { status: 202 };
    return classifyResponse({ status, body }, 0);
  };

  return {
    calls,
    send: async (event) => {
      const at = clock.now();
      const outcome = await outcomeOf(event);
      const details = event.payload.custom_details;
      calls.push({
        at,
        key: event.routing_key,
        dedupKey: event.dedup_key,
        outcome: outcome.kind,
        status: outcome.status,
        count: numberAt(details['deduplicated'], 'count') ?? 1,
        receivedAt: String(details['received_at']),
      });
      return outcome;
    },
  };
}
