import { failureWait } from '../admission/admit.ts';
import type { BatchRun } from '../batch-run.ts';
import type { ProcessedMessage } from '../disposition.ts';
import { subjectStateOf } from '../instance-state.ts';
import type { Subject } from '../subject.ts';
import { keepWaiting } from '../waiting/keep-waiting.ts';
import { postponeResolve } from '../open-incidents/postpone.ts';
import type { IntegrationKeyResult } from './integration-keys.ts';

/** Shortest time between two reads of the secret because PagerDuty refuses a key, milliseconds. */
const REFUSED_KEY_READ_INTERVAL = 60_000;

/** Finds the key of each service, once per batch. Events of a service without a key wait. */
export async function findKeys(
  subjects: readonly Subject[],
  run: BatchRun,
): Promise<{
  readonly byKey: ReadonlyMap<string, readonly Subject[]>;
  readonly withoutKey: readonly ProcessedMessage[];
}> {
  const byKey = new Map<string, Subject[]>();
  const withoutKey: ProcessedMessage[] = [];
  const byService = Map.groupBy(subjects, ({ service }) => service);
  await Promise.all(
    [...byService].map(async ([service, ofService]) => {
      const result = await findKey(service, run);
      if (result.kind === 'key') {
        byKey.set(result.key, [...(byKey.get(result.key) ?? []), ...ofService]);
        return;
      }
      const waiting = ofService.map(async (subject) => {
        await postponeResolve({ subject, events: subject.events }, undefined, false, run);
        return waitForKey(subject, result.detail, run);
      });
      withoutKey.push(...(await Promise.all(waiting)).flat());
    }),
  );
  return { byKey, withoutKey };
}

/**
 * The key of a service. While PagerDuty refuses the key, the secret is read again every minute,
 * because you may have replaced the key.
 */
export async function findKey(service: string, run: BatchRun): Promise<IntegrationKeyResult> {
  const { keys, now, state } = run.context;
  const current = await keys.keyOf(service);
  if (current.kind === 'missing' || current.problem === undefined)
    state.keyProblems.delete(service);
  if (current.kind === 'missing') return current;
  if (current.problem !== undefined) {
    run.keyProblems.add(current.problem);
    state.keyProblems.add(service);
  }
  const isRefused = state.keys.get(current.key)?.circuitBreaker.isKeyRefused === true;
  if (!isRefused) return current;
  const newest = await keys.reread(service, now() - REFUSED_KEY_READ_INTERVAL);
  return newest.kind === 'key' ? newest : current;
}

function waitForKey(subject: Subject, detail: string, run: BatchRun): readonly ProcessedMessage[] {
  const { settings, now, random, state } = run.context;
  const wait = failureWait({ settings, now: now(), random }, 'key_missing', 0);
  const subjectState = subjectStateOf(state, subject.key);
  return keepWaiting(subject.events, { ...wait, detail }, subject, subjectState, run);
}
