import type { BatchReport } from './deliver.ts';
import type { ProcessedMessage, WaitCause } from './disposition.ts';
import { type InstanceState, setNewest } from './instance-state.ts';
import type { SettledBatch } from './settle.ts';
import type { LevelCause } from './waiting/known-wait.ts';

const LEVEL_CAUSES: Readonly<Record<Exclude<WaitCause, 'update_due'>, LevelCause>> = {
  unavailable: 'pagerDuty',
  unanswered: 'pagerDuty',
  unreachable: 'pagerDuty',
  throttled: 'pagerDuty',
  key_throttled: 'pagerDuty',
  circuit_open: 'pagerDuty',
  incident_failing: 'pagerDuty',
  key_missing: 'key',
  key_refused: 'key',
  paced: 'other',
  incident_resolving: 'other',
  out_of_time: 'other',
  internal_error: 'other',
};

/**
 * What waits now, for the alarms. Ages in whole seconds; 0 if nothing waits, and at least 1 if
 * something does.
 */
export interface Levels {
  /** Age of the oldest page that waits, or that this batch sent. */
  readonly oldestPage: number;
  /** Age of the oldest page that waits because of PagerDuty. */
  readonly waitingForPagerDuty: number;
  /**
   * Age of the oldest page that waits for an integration key. At least 1 while an older key is in
   * use because the newer one is malformed.
   */
  readonly waitingForKey: number;
}

/**
 * What waits by design and is no page that is late: an update that is not due, or for which the rate
 * limit has no slot. PagerDuty was notified of its incident.
 */
function waitsByDesign({ disposition }: ProcessedMessage): boolean {
  if (disposition.kind !== 'waiting') return false;
  return disposition.cause === 'update_due' || disposition.isPacedUpdate === true;
}

/** The cause for which a message stays in the queue; `undefined` if it does not, or by design. */
function levelCauseOf(one: ProcessedMessage, kept: ReadonlySet<unknown>): LevelCause | undefined {
  const { message, disposition } = one;
  if (!kept.has(message) || waitsByDesign(one)) return undefined;
  if (disposition.kind !== 'waiting' || disposition.cause === 'update_due') return 'other';
  return LEVEL_CAUSES[disposition.cause];
}

/**
 * Records which messages of a settled batch wait, and computes the levels from all that this instance
 * knows. A message that another instance put back is known to that one only, so the levels of all
 * instances together, as their maximum, are those of the stage.
 *
 * @param retryAfter wait of a message whose dead letter could not be sent, milliseconds
 * @param now milliseconds since 1970
 */
export function updateLevels(
  state: Pick<InstanceState, 'waits'>,
  report: Pick<BatchReport, 'processed' | 'calls' | 'keyProblems'>,
  { keep }: Pick<SettledBatch, 'keep'>,
  { retryAfter, now }: { readonly retryAfter: number; readonly now: number },
): Levels {
  const kept = new Set<unknown>(keep);
  for (const one of report.processed) {
    const { message, disposition } = one;
    state.waits.delete(message.messageId);
    const cause = levelCauseOf(one, kept);
    if (cause === undefined) continue;
    const wait = disposition.kind === 'waiting' ? disposition.wait : retryAfter;
    setNewest(state.waits, message.messageId, { since: message.sentAt, until: now + wait, cause });
  }
  const ages: Record<LevelCause, number> = { pagerDuty: 0, key: 0, other: 0 };
  for (const [messageId, { since, until, cause }] of state.waits) {
    // It is visible again. The instance that receives it knows more.
    if (until <= now) state.waits.delete(messageId);
    else ages[cause] = Math.max(ages[cause], secondsOf(now - since));
  }
  const sent = report.calls
    .filter(({ outcome, callClass }) => outcome.kind === 'delivered' && callClass !== 'update')
    .flatMap(({ events }) => events.map(({ message }) => secondsOf(now - message.sentAt)));
  return {
    oldestPage: Math.max(0, ...Object.values(ages), ...sent),
    waitingForPagerDuty: ages.pagerDuty,
    waitingForKey: Math.max(ages.key, report.keyProblems.size > 0 ? 1 : 0),
  };
}

function secondsOf(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1000));
}
