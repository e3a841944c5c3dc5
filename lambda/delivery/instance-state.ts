import type { DeduplicatedEvents } from '../shared/message.ts';
import type { Severity } from '../shared/routes.ts';
import { CLOSED, type CircuitBreaker } from './admission/circuit-breaker.ts';
import type { Cooldown } from './admission/cooldown.ts';
import { NO_RESOLVE_COOLDOWN, type ResolveCooldown } from './admission/resolve-cooldown.ts';
import { type KeyCalls, newKeyCalls } from './admission/slots.ts';
import type { Candidate } from './candidate.ts';
import type { KeyCheck } from './keys/key-check.ts';
import { newOpenIncidentsState, type OpenIncidentsState } from './open-incidents/state.ts';
import type { WaitingEvent } from './waiting/decide-waiting.ts';
import type { KnownWait } from './waiting/known-wait.ts';

/** Subjects that one instance remembers. It forgets the least recently used ones first. */
const MAX_SUBJECTS = 20_000;

/** Largest total size of the message bodies in `newestUnsent`, bytes. */
const MAX_UNSENT_BYTES = 8 * 1024 * 1024;

/**
 * Largest number of JSON values in these bodies. A parsed value takes up to 140 bytes, even if its
 * text has three: 8 MiB of bodies such as `[{},{},…]` take 190 MB. An ordinary event has about 30.
 */
const MAX_UNSENT_VALUES = 600_000;

/** Largest message body that an instance remembers, bytes. */
export const MAX_BODY_BYTES = 16 * 1024;

/** State of one integration key. */
export interface KeyState {
  circuitBreaker: CircuitBreaker;
  readonly calls: KeyCalls;
  /** Until when its incidents are not resolved. */
  resolveCooldown: ResolveCooldown;
  /** Until when an event of the key waits in the queue, milliseconds since 1970. */
  eventsWaitUntil: number;
  /** The cooldown after a 429. */
  throttled?: Cooldown | undefined;
  /** The last check of the key. */
  check?: KeyCheck | undefined;
  /** Subjects of which a final update may be due: see `sendFinalUpdates`. */
  readonly finalUpdates: Set<string>;
}

/** The last accepted call about a subject. Times in milliseconds since 1970. */
export interface LastNotification {
  /** When the call began. */
  readonly began: number;
  readonly integrationKey: string;
  /** Severity of the call. */
  readonly severity: Severity;
  /** The messages of its events: message ID -> how often the message had been received. */
  readonly messages: ReadonlyMap<string, number>;
}

/** State of one subject (service, dedup key and kind). */
export interface SubjectState {
  notification?: LastNotification | undefined;
  /** Events that this instance put back to wait in the queue. */
  waiting: readonly WaitingEvent[];
  /**
   * Events for which the last notification stands and that it does not count. The next call does.
   */
  deduplicatedIntoNotification?: DeduplicatedEvents | undefined;
  /** Events for which a waiting event stands. The next call counts them. */
  deduplicatedIntoWaiting?: DeduplicatedEvents | undefined;
  /** The cooldown after failed calls. */
  cooldown?: Cooldown | undefined;
}

/** Severity -> when an accepted call last had an event of it, ms since 1970. For one incident. */
export type SeverityTimes = Readonly<Partial<Record<Severity, number>>>;

/**
 * What one function instance remembers between its batches. Each part only saves or delays a call.
 * If the instance stops, the next one makes more calls, and no page is lost.
 */
export interface InstanceState {
  /** When the instance started, milliseconds since 1970. */
  readonly startedAt: number;
  /**
   * By integration key, because PagerDuty's rate limit is per key. Several services may share one.
   */
  readonly keys: Map<string, KeyState>;
  /** By subject. */
  readonly subjects: Map<string, SubjectState>;
  /** By incident (service and dedup key). */
  readonly severities: Map<string, SeverityTimes>;
  /** By subject: its newest event that was received and not sent. The next call sends it. */
  readonly newestUnsent: Map<string, Candidate>;
  /** Total size of the message bodies in `newestUnsent`, bytes. */
  newestUnsentBytes: number;
  /** Approximate number of JSON values in these bodies. */
  newestUnsentValues: number;
  readonly openIncidents: OpenIncidentsState;
  /** By message ID: events that this instance put back to wait, for the levels. */
  readonly waits: Map<string, KnownWait>;
  /** Services of which an older integration key is in use, because the newer one is malformed. */
  readonly keyProblems: Set<string>;
}

/**
 * The state of an instance that has just started.
 *
 * @param startedAt milliseconds since 1970
 */
export function newInstanceState(startedAt: number): InstanceState {
  return {
    startedAt,
    keys: new Map(),
    subjects: new Map(),
    severities: new Map(),
    newestUnsent: new Map(),
    newestUnsentBytes: 0,
    newestUnsentValues: 0,
    openIncidents: newOpenIncidentsState(),
    waits: new Map(),
    keyProblems: new Set(),
  };
}

/** The state of a key before its first call. */
export function newKeyState(): KeyState {
  return {
    circuitBreaker: CLOSED,
    calls: newKeyCalls(),
    resolveCooldown: NO_RESOLVE_COOLDOWN,
    eventsWaitUntil: -Infinity,
    finalUpdates: new Set(),
  };
}

/** The state of a key. A key that is not known gets a new state. */
export function keyStateOf(state: InstanceState, integrationKey: string): KeyState {
  const known = state.keys.get(integrationKey);
  if (known !== undefined) return known;
  const fresh = newKeyState();
  state.keys.set(integrationKey, fresh);
  return fresh;
}

/** The state of a subject. A subject that is not known gets a new state. */
export function subjectStateOf(state: InstanceState, subjectKey: string): SubjectState {
  const subject = state.subjects.get(subjectKey) ?? { waiting: [] };
  setNewest(state.subjects, subjectKey, subject);
  return subject;
}

/**
 * Sets a value as the most recently used one, and removes the least recently used above the limit.
 */
export function setNewest<T>(map: Map<string, T>, key: string, value: T): void {
  // Deleting first moves the entry to the end: a Map keeps the order of insertion.
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= MAX_SUBJECTS) break;
    map.delete(oldest);
  }
}

/** Remembers the newest event of a subject, so that the next call can send it. */
export function rememberNewestUnsent(
  state: InstanceState,
  subjectKey: string,
  candidate: Candidate,
): void {
  if (bytesOf(candidate) > MAX_BODY_BYTES) return;
  forgetNewestUnsent(state, subjectKey);
  state.newestUnsent.set(subjectKey, candidate);
  state.newestUnsentBytes += bytesOf(candidate);
  state.newestUnsentValues += valuesOf(candidate);
  for (const oldest of state.newestUnsent.keys()) {
    const { newestUnsentBytes, newestUnsentValues } = state;
    if (newestUnsentBytes <= MAX_UNSENT_BYTES && newestUnsentValues <= MAX_UNSENT_VALUES) break;
    forgetNewestUnsent(state, oldest);
  }
}

/** Removes the event of a subject from `newestUnsent`. */
export function forgetNewestUnsent(state: InstanceState, subjectKey: string): void {
  const known = state.newestUnsent.get(subjectKey);
  if (known === undefined) return;
  state.newestUnsent.delete(subjectKey);
  state.newestUnsentBytes -= bytesOf(known);
  state.newestUnsentValues -= valuesOf(known);
}

function bytesOf({ message }: Candidate): number {
  return Buffer.byteLength(message.body);
}

/** Number of JSON values in a body, about: each follows one of these characters. */
function valuesOf({ message }: Candidate): number {
  return message.body.split(/[{[,]/).length;
}
