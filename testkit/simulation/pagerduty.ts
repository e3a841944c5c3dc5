import type { PagerDuty } from '../../lambda/pagerduty/client.ts';
import type { PagerDutyEvent, TriggerEvent } from '../../lambda/pagerduty/event.ts';
import { classifyResponse, type Outcome, type RetryCause } from '../../lambda/pagerduty/outcome.ts';
import type { Severity } from '../../lambda/shared/routes.ts';
import type { VirtualClock } from './clock.ts';

/** How PagerDuty behaves toward one call. */
export type Mode =
  /** Takes events, up to its rate limit. */
  | 'up'
  /** Answers 503. */
  | 'unavailable'
  /** Answers nothing until the caller gives up. */
  | 'hanging'
  /** Breaks the connection after the request was sent. */
  | 'resetting'
  /** Takes the event, and breaks the connection before it answers. */
  | 'losingAnswers'
  /** Takes no connection. */
  | 'unreachable'
  /** Answers 429. */
  | 'throttling'
  /** Refuses the routing key. */
  | 'refusingKey'
  /** Refuses the event. */
  | 'refusingEvent'
  /** Refuses the event, in words that look like those about a key. */
  | 'quotingKey'
  /** A load balancer in front of it answers 404. */
  | 'notFound';

/** A call that PagerDuty saw. Times in milliseconds since 1970. */
export interface SeenCall {
  /** When it started. */
  readonly at: number;
  /** The instance that made it. */
  readonly instance: number;
  /** When its outcome was known. */
  readonly endedAt: number;
  readonly action: PagerDutyEvent['event_action'];
  readonly key: string;
  readonly dedupKey: string;
  /** `payload.class`, the kind of event. */
  readonly kind: string;
  readonly severity: Severity | undefined;
  /** True if the event whose content it says has this severity itself. */
  readonly isOwnSeverity: boolean;
  readonly outcome: Outcome['kind'];
  /** True if PagerDuty took the event, whether or not its answer arrived. */
  readonly isTaken: boolean;
  readonly status?: number | undefined;
  /** How many events it said it stands for. */
  readonly count: number;
  /** When the event whose content it says was received. */
  readonly receivedAt: number;
}

/** A PagerDuty that can be down, with its limit on calls. */
export interface PagerDutyModel {
  /** The client of an instance. */
  readonly clientOf: (instance: number) => PagerDuty;
  readonly calls: readonly SeenCall[];
}

/** Settings of {@link pagerDutyModel}. */
export interface PagerDutyModelOptions {
  readonly clock: VirtualClock;
  readonly modeAt: (time: number, event: PagerDutyEvent) => Mode;
  /** Calls of one key that are accepted in any 60 s. */
  readonly callsPerMinute: number;
  /** After how long the client gives up, milliseconds. */
  readonly callTimeout: number;
  /** How long an answer takes, milliseconds. */
  readonly latency: () => number;
  /** Value of `Retry-After` in answers 429 and 503, seconds. @default none */
  readonly retryAfter?: number;
}

const WINDOW = 60_000;

/** The outcome of a call without an answer. */
function noAnswer(cause: RetryCause, what: string): Outcome {
  return { kind: 'retry', cause, detail: `PagerDuty could not be reached: ${what}` };
}

const REFUSED_EVENT = {
  status: 'invalid event',
  message: 'Event object is invalid',
  errors: ['x'],
};

const ANSWERS: Readonly<Partial<Record<Mode, { readonly status: number; readonly body: string }>>> =
  {
    unavailable: { status: 503, body: 'Service unavailable' },
    throttling: { status: 429, body: '' },
    notFound: { status: 404, body: '<html>404</html>' },
    refusingEvent: { status: 400, body: JSON.stringify(REFUSED_EVENT) },
    refusingKey: {
      status: 400,
      body: JSON.stringify({ ...REFUSED_EVENT, errors: ['Invalid routing key'] }),
    },
    quotingKey: {
      status: 400,
      body: JSON.stringify({ ...REFUSED_EVENT, errors: ['service_key is not a number'] }),
    },
  };

function numberAt(value: unknown, name: string): number | undefined {
  const found: unknown =
    typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  return typeof found === 'number' ? found : undefined;
}

/** A stand-in for PagerDuty that lives on a virtual clock. */
export function pagerDutyModel(options: PagerDutyModelOptions): PagerDutyModel {
  const { clock, retryAfter } = options;
  const calls: SeenCall[] = [];
  const accepted = new Map<string, number[]>();

  const limited = (key: string): boolean => {
    const now = clock.now();
    const recent = (accepted.get(key) ?? []).filter((time) => time > now - WINDOW);
    const isOver = recent.length >= options.callsPerMinute;
    accepted.set(key, isOver ? recent : [...recent, now]);
    return isOver;
  };

  const outcomeOf = async (event: PagerDutyEvent, mode: Mode): Promise<Outcome> => {
    if (mode === 'hanging') {
      await clock.sleep(options.callTimeout);
      return noAnswer('unanswered', 'no answer in time');
    }
    await clock.sleep(options.latency());
    if (mode === 'resetting' || mode === 'losingAnswers')
      return noAnswer('unanswered', 'ECONNRESET');
    if (mode === 'unreachable') return noAnswer('unreachable', 'ECONNREFUSED');
    const isLimited = mode === 'up' && limited(event.routing_key);
    const answer = (isLimited ? ANSWERS.throttling : ANSWERS[mode]) ?? { status: 202, body: '' };
    return classifyResponse(
      { ...answer, ...(retryAfter === undefined ? {} : { retryAfter: `${retryAfter}` }) },
      0,
    );
  };

  return {
    calls,
    clientOf: (instance) => async (event) => {
      const at = clock.now();
      const mode = options.modeAt(at, event);
      const outcome = await outcomeOf(event, mode);
      calls.push({
        at,
        instance,
        endedAt: clock.now(),
        key: event.routing_key,
        dedupKey: event.dedup_key,
        outcome: outcome.kind,
        isTaken: outcome.kind === 'delivered' || mode === 'losingAnswers',
        status: outcome.status,
        ...(event.event_action === 'trigger' ? triggerFacts(event) : RESOLVE_FACTS),
      });
      return outcome;
    },
  };
}

const RESOLVE_FACTS = {
  action: 'resolve',
  kind: '',
  severity: undefined,
  isOwnSeverity: false,
  count: 0,
  receivedAt: NaN,
} as const;

function triggerFacts({ payload }: TriggerEvent) {
  const details = payload.custom_details;
  return {
    action: 'trigger',
    kind: payload.class,
    severity: payload.severity,
    isOwnSeverity: details['event_severity'] === undefined,
    count: numberAt(details['deduplicated'], 'count') ?? 1,
    receivedAt: Date.parse(String(details['received_at'])),
  } as const;
}
