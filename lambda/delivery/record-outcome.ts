import type { Outcome } from '../pagerduty/outcome.ts';
import { CLOSED, type FailureKind, recordCircuitFailure } from './admission/circuit-breaker.ts';
import { subjectCooldown, throttleCooldown } from './admission/cooldown.ts';
import {
  resolveCooldownAfterClosing,
  resolveCooldownAfterFailure,
} from './admission/resolve-cooldown.ts';
import type { Failure } from './disposition.ts';
import type { KeyState, SubjectState } from './instance-state.ts';
import { type DeliverySettings, retryCapOf } from '../shared/delivery-settings.ts';

/** A call to PagerDuty that has ended. Times in milliseconds since 1970. */
export interface EndedCall {
  readonly key: KeyState;
  /** Absent for a check of the key. */
  readonly subject?: SubjectState | undefined;
  /** Service and dedup key, or what stands for them in a check. */
  readonly incidentKey: string;
  readonly outcome: Outcome;
  readonly startedAt: number;
  readonly now: number;
}

type Retry = Extract<Outcome, { kind: 'retry' }>;

/** Updates the circuit breaker and the cooldowns after a call. */
export function recordOutcome(
  call: EndedCall,
  settings: DeliverySettings,
  random: () => number,
): void {
  const { key, subject, outcome } = call;
  if (outcome.kind === 'retry' && outcome.cause !== 'throttled') {
    recordFailure(call, outcome, outcome.cause, settings, random);
    return;
  }
  // A check of the key decides what such a refusal means; see `refusal.ts`.
  if (outcome.kind === 'rejected' && outcome.aboutKey) return;
  // Any other answer shows that PagerDuty is available.
  if (key.circuitBreaker.nextProbeAt !== undefined) {
    key.resolveCooldown = resolveCooldownAfterClosing(
      key.resolveCooldown,
      call.now,
      retryCapOf(settings),
    );
  }
  key.circuitBreaker = CLOSED;
  if (outcome.kind === 'retry') {
    key.throttled = throttleCooldown(
      {
        previous: key.throttled,
        failure: failureOf(call, outcome),
        base: settings.retryBaseSeconds * 1000,
        cap: retryCapOf(settings),
        now: call.now,
        random: random(),
      },
      outcome.retryAfter,
    );
    return;
  }
  if (subject !== undefined) subject.cooldown = undefined;
  // A call that began before the throttling ended does not show that the key may be used again.
  if (call.startedAt >= (key.throttled?.until ?? -Infinity)) key.throttled = undefined;
}

/** Opens the circuit breaker of a key that PagerDuty refuses: a check of it was refused as well. */
export function recordKeyRefusal(
  call: EndedCall,
  detail: string,
  settings: DeliverySettings,
  random: () => number,
): void {
  const { outcome } = call;
  recordFailure(call, { ...outcome, detail }, 'key_refused', settings, random);
}

function failureOf(
  { startedAt }: EndedCall,
  { detail, status }: { readonly detail: string; readonly status?: number | undefined },
): Failure {
  return { at: startedAt, detail, status };
}

function recordFailure(
  call: EndedCall,
  outcome: Pick<Retry, 'detail'> & {
    readonly status?: number | undefined;
    readonly retryAfter?: number | undefined;
  },
  kind: FailureKind,
  settings: DeliverySettings,
  random: () => number,
): void {
  const { key, subject, incidentKey, startedAt, now } = call;
  const failure = failureOf(call, outcome);
  const took = now - startedAt;
  const base = settings.retryBaseSeconds * 1000;
  const cap = settings.circuitCapSeconds * 1000;
  key.circuitBreaker = recordCircuitFailure(
    key.circuitBreaker,
    { incidentKey, kind, failure, took, retryAfter: outcome.retryAfter },
    { failures: settings.circuitFailures, base, cap },
    { now, random: random() },
  );
  const failed = { incidentKey, wasSent: kind !== 'unreachable', now };
  key.resolveCooldown = resolveCooldownAfterFailure(
    key.resolveCooldown,
    failed,
    retryCapOf(settings),
  );
  if (subject === undefined || kind === 'key_refused') return;
  subject.cooldown = subjectCooldown(kind, took, {
    previous: subject.cooldown,
    failure,
    base,
    cap,
    now,
    random: random(),
  });
}
