import { urgency } from '../pagerduty/severity.ts';
import { describeError } from '../shared/log.ts';
import { failureWait } from './admission/admit.ts';
import { circuitBreakerState } from './admission/circuit-breaker.ts';
import type { CallConcurrency } from './admission/concurrency.ts';
import type { CallClass } from './admission/slots.ts';
import { admissionOf, attemptClass } from './attempt.ts';
import type { BatchRun, KeyRun } from './batch-run.ts';
import type { ProcessedMessage } from './disposition.ts';
import { sendFinalUpdates } from './final-update.ts';
import { subjectStateOf } from './instance-state.ts';
import { processSubject } from './process-subject.ts';
import { highestSeverity, type Subject } from './subject.ts';
import { keepWaiting } from './waiting/keep-waiting.ts';

/** The classes of calls, the most important first. */
const CLASSES: readonly CallClass[] = ['high', 'opener', 'update'];

/**
 * Processes the subjects of one key by class of call, and within a class those first that have
 * waited longest. While the circuit breaker is half-open, one of them is the probe, and the others
 * are processed after it.
 */
export async function processKey(
  keyRun: KeyRun,
  subjects: readonly Subject[],
  concurrency: CallConcurrency,
  run: BatchRun,
): Promise<readonly ProcessedMessage[]> {
  const { state: instance, now } = run.context;
  const ordered = subjects
    .map((subject) => {
      const state = subjectStateOf(instance, subject.key);
      const callClass = CLASSES.indexOf(attemptClass({ state, events: subject.events }, run));
      const since = Math.min(...subject.events.map(({ message }) => message.sentAt));
      return { subject, callClass, since };
    })
    .toSorted((a, b) => a.callClass - b.callClass || a.since - b.since)
    .map(({ subject }) => subject);
  const processed: ProcessedMessage[] = [];
  const process = async (subject: Subject): Promise<void> => {
    const release = await concurrency.acquire(keyRun.integrationKey);
    try {
      processed.push(...(await processSafely(subject, keyRun, run)));
    } finally {
      release();
    }
  };
  const isHalfOpen = (): boolean =>
    circuitBreakerState(keyRun.state.circuitBreaker, now()) === 'half-open' && !keyRun.hasProbed;
  const probes = new Set<Subject>();
  // The others start after the probe, because its outcome decides if they may call. A subject that
  // turns out to need no call is no probe, so the next one is.
  for (const subject of isHalfOpen() ? inProbeOrder(ordered, run) : []) {
    if (!isHalfOpen()) break;
    if (!mayProbe(subject, keyRun, run)) continue;
    probes.add(subject);
    await process(subject);
  }
  const rest = ordered.filter((subject) => !probes.has(subject));
  await Promise.all(
    // The subjects of one incident follow each other, so that no call lowers the severity of the
    // call before it.
    [...Map.groupBy(rest, ({ incidentKey }) => incidentKey).values()].map(async (ofIncident) => {
      for (const subject of ofIncident) await process(subject);
    }),
  );
  await sendFinalUpdates(keyRun, concurrency, run);
  concurrency.finish(keyRun.integrationKey);
  return processed;
}

/**
 * Subjects in the order in which they may probe: first those with the fewest failures, because
 * PagerDuty may be unable to process the event of a subject that failed often. With equal failures,
 * the most urgent ones.
 */
function inProbeOrder(subjects: readonly Subject[], { context }: BatchRun): readonly Subject[] {
  const failures = ({ key }: Subject): number =>
    subjectStateOf(context.state, key).cooldown?.count ?? 0;
  return subjects.toSorted(
    (a, b) =>
      failures(a) - failures(b) ||
      urgency(highestSeverity(b.events)) - urgency(highestSeverity(a.events)),
  );
}

/** True if a call about a subject may be the probe now. */
function mayProbe(subject: Subject, keyRun: KeyRun, run: BatchRun): boolean {
  const state = subjectStateOf(run.context.state, subject.key);
  const callClass = attemptClass({ state, events: subject.events }, run);
  return admissionOf({ state, keyRun }, callClass, run) === 'admitted';
}

/** Processes a subject. After an internal error, its events wait, as after any other failure. */
async function processSafely(
  subject: Subject,
  keyRun: KeyRun,
  run: BatchRun,
): Promise<readonly ProcessedMessage[]> {
  try {
    return await processSubject(subject, keyRun, run);
  } catch (error) {
    const { settings, now, random, state } = run.context;
    const detail = `The bridge failed: ${describeError(error)}`;
    run.internalErrors.push(detail);
    const wait = failureWait({ settings, now: now(), random }, 'internal_error', 0);
    const subjectState = subjectStateOf(state, subject.key);
    return keepWaiting(subject.events, { ...wait, detail }, subject, subjectState, run);
  }
}
