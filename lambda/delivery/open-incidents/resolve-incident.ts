import { shareOf } from '../../shared/delivery-settings.ts';
import { keyIdOf } from '../../shared/key-id.ts';
import { type OpenIncident, splitIncidentKey } from '../../shared/open-incident.ts';
import { circuitBreakerState } from '../admission/circuit-breaker.ts';
import { countCall, nextResolveSlotAt } from '../admission/slots.ts';
import type { BatchRun, KeyRun } from '../batch-run.ts';
import { startCheck } from '../keys/key-check.ts';
import { recordKeyRefusal, recordOutcome } from '../record-outcome.ts';
import { subjectKeysOf } from '../subject.ts';
import type { OpenIncidents } from './open-incidents.ts';
import { forgetIncident } from './postpone.ts';

/**
 * Why no incident of a key may be resolved now; `undefined` when one may. No resolve goes out while
 * PagerDuty fails, nor for a while after, because events may wait that are not yet recorded. And
 * none takes a call that a page needs.
 */
export function resolveObstacle(
  { state }: KeyRun,
  run: BatchRun,
): 'cooldown' | 'throttled' | 'paced' | undefined {
  const { settings, now: clock } = run.context;
  const now = clock();
  const isClosed = circuitBreakerState(state.circuitBreaker, now) === 'closed';
  if (!isClosed || now < state.resolveCooldown.until) return 'cooldown';
  if (now < (state.throttled?.until ?? -Infinity)) return 'throttled';
  const { calls, eventsWaitUntil } = state;
  const share = shareOf(settings);
  const { startedAt } = run.context.state;
  const slotAt = nextResolveSlotAt({ calls, share, startedAt, eventsWaitUntil, now });
  return slotAt > now ? 'paced' : undefined;
}

/**
 * Probes a half-open circuit breaker with a check of the key, which changes no incident. Without an
 * event, nothing else would close the circuit breaker, and no incident would ever be resolved.
 */
export async function probeWithCheck(keyRun: KeyRun, run: BatchRun): Promise<void> {
  const { settings, now, random, pagerDuty } = run.context;
  const { state, integrationKey } = keyRun;
  const startedAt = now();
  if (keyRun.hasProbed) return;
  if (circuitBreakerState(state.circuitBreaker, startedAt) !== 'half-open') return;
  keyRun.hasProbed = true;
  countCall(state.calls, undefined, startedAt);
  const check = startCheck(pagerDuty, integrationKey, startedAt);
  state.check = check;
  const outcome = await check.outcome;
  const call = { key: state, incidentKey: 'check', outcome, startedAt, now: now() };
  if (outcome.kind === 'rejected') recordKeyRefusal(call, outcome.detail, settings, random);
  else recordOutcome(call, settings, random);
}

/** True if this instance knows of an event of the incident that waits, or of calls that failed. */
function isInTrouble(incidentKey: string, { context }: BatchRun): boolean {
  const now = context.now();
  return subjectKeysOf(incidentKey).some((subjectKey) => {
    const subject = context.state.subjects.get(subjectKey);
    return (
      (subject?.cooldown?.until ?? -Infinity) > now ||
      subject?.waiting.some(({ invisibleUntil }) => invisibleUntil > now) === true
    );
  });
}

/**
 * Resolves an incident that is due. If the call fails, the incident stays due, and a later tick
 * tries again when the claim has expired. PagerDuty drops a second resolve.
 *
 * @returns false when no further incident of the key should be resolved now
 */
export async function resolveIncident(
  incident: OpenIncident,
  keyRun: KeyRun,
  table: OpenIncidents,
  run: BatchRun,
): Promise<boolean> {
  const { settings, now, random, pagerDuty, state } = run.context;
  const { incidentKey } = incident;
  if (isInTrouble(incidentKey, run)) return true;
  // Before the claim, so that no other worker takes the same slot of the rate limit.
  countCall(keyRun.state.calls, 'resolve', now());
  const claim = await table.claim(incident, now());
  if (claim === undefined) return true;
  // The call must end before the claim does.
  if (now() - claim.at > settings.callTimeoutSeconds * 1000) return false;
  const quietTime = claim.at - incident.lastEvent;
  if (incident.keyId !== undefined && incident.keyId !== keyIdOf(keyRun.integrationKey)) {
    run.resolves.push({ incident, outcome: 'key_changed', quietTime });
    await table.forget(claim);
    return true;
  }
  const startedAt = now();
  const outcome = await pagerDuty({
    routing_key: keyRun.integrationKey,
    event_action: 'resolve',
    dedup_key: splitIncidentKey(incidentKey).dedupKey,
  });
  const call = { key: keyRun.state, incidentKey, outcome, startedAt, now: now() };
  recordOutcome(call, settings, random);
  run.resolves.push({ incident, outcome, quietTime });
  switch (outcome.kind) {
    case 'delivered':
      forgetIncident(state, incidentKey);
      state.openIncidents.postponed.delete(incidentKey);
      await table.markResolved(claim, now());
      return true;
    case 'rejected':
      // PagerDuty may accept a refused key again. It will never accept a refused resolve.
      if (outcome.aboutKey) return false;
      await table.forget(claim);
      return true;
    case 'retry':
      // PagerDuty answered. It may be unable to process this incident alone.
      return outcome.cause === 'unavailable';
  }
}
