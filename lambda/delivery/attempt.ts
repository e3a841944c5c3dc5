import type { PagerDuty } from '../pagerduty/client.ts';
import type { Outcome } from '../pagerduty/outcome.ts';
import { translate } from '../pagerduty/translate.ts';
import type { RouteTable } from '../shared/routes.ts';
import { backoff } from './backoff.ts';
import {
  type Disposition,
  orGiveUp,
  type ProcessedMessage,
  type WaitCause,
} from './disposition.ts';
import { deduplicatedOf, type IncidentUpdate, updateOf } from './incident-update.ts';
import { admit, type Waiting } from './admission.ts';
import { countCall, type InstanceState } from './instance.ts';
import type { Candidate } from './intake.ts';
import type { IntegrationKeys, IntegrationKeyResult } from './integration-keys.ts';
import { type EndedCall, recordOutcome } from './record-outcome.ts';
import type { DeliverySettings } from './settings.ts';

/** Configuration and dependencies of delivery. */
export interface DeliveryContext {
  readonly settings: DeliverySettings;
  readonly routes: RouteTable;
  readonly keys: IntegrationKeys;
  readonly pagerDuty: PagerDuty;
  /** Base URL of the Glasnostic console. */
  readonly consoleUrl: string;
  readonly state: InstanceState;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
}

/** A call, for the log and the metrics. */
export interface CallReport {
  readonly update: IncidentUpdate;
  readonly outcome: Outcome;
  /** Time since the oldest event of the update was accepted, milliseconds. */
  readonly delay: number;
}

/** State of a batch that is being delivered. */
export interface BatchRun {
  readonly context: DeliveryContext;
  /** When the last call must have ended, milliseconds since 1970. */
  readonly callsEnd: number;
  /** By integration key: number of updates that had to wait for a slot so far. */
  readonly turnedAway: Map<string, number>;
  readonly calls: CallReport[];
}

/** Options of an attempt, and the second chances that it has used. */
export interface AttemptState {
  /** True if it may probe an open circuit. */
  readonly mayProbe: boolean;
  /** The key that was read after PagerDuty refused the cached one. */
  readonly newKey?: string;
  /** True after PagerDuty rejected the latest event, and an older one is tried. */
  readonly triedOlder?: boolean;
}

/** Description of an internal error. */
export function describeError(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : 'unknown failure';
}

/** Processes one update to a disposition per message. An internal error means retry. */
export async function processUpdateSafely(
  update: IncidentUpdate,
  run: BatchRun,
  chances: AttemptState,
): Promise<ProcessedMessage[]> {
  try {
    return await processUpdate(update, run, chances);
  } catch (error) {
    const detail = `The bridge failed: ${describeError(error)}`;
    const wait = ownBackoff(update, run);
    return waitAll(update, { kind: 'waiting', cause: 'internal_error', wait, detail }, run);
  }
}

/**
 * Processes one update to a disposition per message. A refusal has two second chances, once each:
 *
 * - If PagerDuty refused the integration key, the key is read again.
 * - If PagerDuty refused the event, the incident's next newest event is sent instead, so that one
 *   invalid event does not hide the others.
 */
async function processUpdate(
  update: IncidentUpdate,
  run: BatchRun,
  chances: AttemptState,
): Promise<ProcessedMessage[]> {
  const { keys } = run.context;
  const { newKey } = chances;
  const lookup: IntegrationKeyResult =
    newKey === undefined ? await keys.keyOf(update.service) : { kind: 'key', key: newKey };
  if (lookup.kind === 'missing')
    return waitAll(update, missingKey(lookup.detail, update, run), run);
  const admission = admitUpdate(update, lookup.key, run, chances);
  if (admission !== 'admitted') return waitAll(update, admission, run);

  const { outcome, startedAt } = await call(update, lookup.key, run);
  switch (outcome.kind) {
    case 'delivered':
      return update.events.map(({ message }) => ({
        message,
        disposition: { kind: message === update.latest.message ? 'delivered' : 'deduplicated' },
      }));
    case 'retry':
      return waitAll(
        update,
        {
          kind: 'waiting',
          cause: outcome.cause,
          wait: ownBackoff(update, run, outcome.retryAfter),
          detail: outcome.detail,
          status: outcome.status,
          failedAt: startedAt,
        },
        run,
      );
    case 'rejected':
      return afterRefusal(update, outcome, lookup.key, run, chances);
  }
}

/** Causes of waiting for a slot of the integration key. */
const SLOT_WAITS: readonly WaitCause[] = ['paced', 'key_throttled'];

function admitUpdate(
  update: IncidentUpdate,
  key: string,
  run: BatchRun,
  chances: AttemptState,
): 'admitted' | Waiting {
  const { context, callsEnd, turnedAway } = run;
  const before = turnedAway.get(key) ?? 0;
  const admission = admit({
    state: context.state,
    settings: context.settings,
    key,
    incidentKey: update.incidentKey,
    attempt: update.latest.message.receiveCount,
    turnedAway: before,
    mayProbe: chances.mayProbe,
    callsEnd,
    now: context.now(),
    random: context.random(),
  });
  // An update that waits for another reason takes no slot of the key.
  if (admission !== 'admitted' && SLOT_WAITS.includes(admission.cause))
    turnedAway.set(key, before + 1);
  return admission;
}

async function call(update: IncidentUpdate, key: string, run: BatchRun): Promise<EndedCall> {
  const { context, calls } = run;
  const { state, now } = context;
  const startedAt = now();
  countCall(state, key, startedAt);
  const since = state.notifications.get(update.incidentKey)?.deduplicatedSince;
  const outcome = await context.pagerDuty(
    translate(update.latest.event, {
      integrationKey: key,
      severity: update.severity,
      consoleUrl: context.consoleUrl,
      receivedAt: update.latest.receivedAt,
      now: startedAt,
      deduplicated: deduplicatedOf(update, since),
    }),
  );
  const ended = { update, key, outcome, startedAt, now: now() };
  recordOutcome(ended, state, context.settings, context.random);
  const accepted = Math.min(...update.events.map(({ receivedAt }) => Date.parse(receivedAt)));
  calls.push({ update, outcome, delay: ended.now - accepted });
  return ended;
}

function ownBackoff(update: IncidentUpdate, run: BatchRun, retryAfter?: number): number {
  const { settings, random } = run.context;
  return backoff({
    base: settings.retryBaseSeconds * 1000,
    cap: settings.retryCapSeconds * 1000,
    attempt: update.latest.message.receiveCount,
    random: random(),
    retryAfter,
  });
}

async function afterRefusal(
  update: IncidentUpdate,
  outcome: Extract<Outcome, { kind: 'rejected' }>,
  key: string,
  run: BatchRun,
  chances: AttemptState,
): Promise<ProcessedMessage[]> {
  const { status, detail } = outcome;
  const dead = { kind: 'dead', reason: 'rejected', status, detail } as const;
  const refuse = (events: readonly Candidate[]): ProcessedMessage[] =>
    events.map(({ message }) => ({ message, disposition: dead }));

  if (outcome.aboutKey) {
    if (chances.newKey !== undefined) return refuse(update.events);
    const lookup = await run.context.keys.reread(update.service, run.context.now());
    if (lookup.kind === 'missing')
      return waitAll(update, missingKey(lookup.detail, update, run), run);
    return lookup.key === key
      ? refuse(update.events)
      : processUpdate(update, run, { ...chances, newKey: lookup.key });
  }
  const others = updateOf(update.events.filter((event) => event !== update.latest));
  if (others === undefined || chances.triedOlder) return refuse(update.events);
  return [
    ...refuse([update.latest]),
    ...(await processUpdate(others, run, { ...chances, triedOlder: true })),
  ];
}

/**
 * The wait for a missing key: a tenth of the event's age, within bounds. A key that is set soon is
 * found soon. A key that is missing for a day does not use up the queue's maximum number of
 * receives, after which SQS moves a message to the dead-letter queue.
 */
function missingKey(detail: string, update: IncidentUpdate, run: BatchRun): Waiting {
  const { settings, now, random } = run.context;
  const waited = now() - update.latest.message.sentAt;
  const longest = Math.max(settings.missingKeyRetrySeconds, settings.retryCapSeconds) * 1000;
  const wait = Math.min(longest, Math.max(settings.missingKeyRetrySeconds * 1000, waited / 10));
  // Between half and all of the wait, so that events do not all become visible at once.
  return { kind: 'waiting', cause: 'key_missing', wait: wait * (0.5 + random() / 2), detail };
}

function waitAll(update: IncidentUpdate, waiting: Disposition, run: BatchRun): ProcessedMessage[] {
  const { settings, now } = run.context;
  const giveUpAfter = settings.giveUpAfterSeconds * 1000;
  return update.events.map(({ message }) => ({
    message,
    disposition: orGiveUp(message, waiting, now(), giveUpAfter),
  }));
}
