import type { DeduplicatedEvents } from '../shared/message.ts';
import type { Severity } from '../shared/routes.ts';
import { CLOSED, type CircuitBreaker } from './admission/circuit-breaker.ts';
import type { Cooldown } from './admission/cooldown.ts';
import { type KeyCalls, newKeyCalls } from './admission/slots.ts';
import type { Candidate } from './candidate.ts';
import type { KeyCheck } from './key-check.ts';
import type { WaitingEvent } from './waiting.ts';

/** Subjects that one instance remembers; the least recently used are forgotten first. */
const MAX_SUBJECTS = 20_000;

/** Bytes of message bodies that one instance remembers for later calls. */
const MAX_CONTENT_BYTES = 8 * 1024 * 1024;

/**
 * JSON values in these bodies. A parsed value takes up to 140 bytes, also when its text has only
 * three: 8 MiB of bodies such as `[{},{},…]` take 190 MB. An ordinary event has about 30 values.
 */
const MAX_CONTENT_VALUES = 600_000;

/** A larger body is not remembered. Bytes. */
const MAX_BODY_BYTES = 16 * 1024;

/** An integration key, as far as one instance knows. */
export interface KeyState {
  circuitBreaker: CircuitBreaker;
  readonly calls: KeyCalls;
  /** After an answer 429. */
  throttled?: Cooldown | undefined;
  /** The last check whether PagerDuty accepts the key. */
  check?: KeyCheck | undefined;
  /** Subjects about which a last word may be due: see `sendLastWords`. */
  readonly lastWords: Set<string>;
}

/** The last accepted call about a subject. Times in milliseconds since 1970. */
export interface LastNotification {
  /** When the call began. */
  readonly began: number;
  readonly integrationKey: string;
  /** The severity that it said. */
  readonly severity: Severity;
  /** Messages that it was about: how often each had been received, by message ID. */
  readonly messages: ReadonlyMap<string, number>;
}

/** A subject (service, dedup key and kind), as far as one instance knows. */
export interface SubjectState {
  notification?: LastNotification | undefined;
  /** Events of it that are in the queue, and what they may stand for. */
  waiting: readonly WaitingEvent[];
  /** Events deduplicated into the last notification since it was made. */
  sinceNotification?: DeduplicatedEvents | undefined;
  /** Events deduplicated into waiting ones since the last accepted call. */
  intoWaiting?: DeduplicatedEvents | undefined;
  /** After calls about it failed. */
  cooldown?: Cooldown | undefined;
}

/** When an event of an incident last had each severity in an accepted call, ms since 1970. */
export type SeverityTimes = Readonly<Partial<Record<Severity, number>>>;

/**
 * What one function instance remembers between its batches. Losing it costs calls, never a page:
 * each part only saves or delays a call.
 */
export interface InstanceState {
  /** When the instance started, milliseconds since 1970. */
  readonly startedAt: number;
  /** By integration key: PagerDuty's limit is per key, whatever services share it. */
  readonly keys: Map<string, KeyState>;
  /** By subject. */
  readonly subjects: Map<string, SubjectState>;
  /** By incident (service and dedup key). */
  readonly severities: Map<string, SeverityTimes>;
  /** By subject: the newest event of it that was seen and not sent. */
  readonly contents: Map<string, Candidate>;
  /** Total size of the bodies in `contents`, bytes. */
  contentBytes: number;
  /** Total number of JSON values in these bodies, about. */
  contentValues: number;
}

/** The state of an instance that has just started, at a time in milliseconds since 1970. */
export function newInstanceState(startedAt: number): InstanceState {
  return {
    startedAt,
    keys: new Map(),
    subjects: new Map(),
    severities: new Map(),
    contents: new Map(),
    contentBytes: 0,
    contentValues: 0,
  };
}

/** The state of a key; a new one is remembered. */
export function keyStateOf(state: InstanceState, integrationKey: string): KeyState {
  const known = state.keys.get(integrationKey);
  if (known !== undefined) return known;
  const fresh: KeyState = {
    circuitBreaker: CLOSED,
    calls: newKeyCalls(),
    lastWords: new Set(),
  };
  state.keys.set(integrationKey, fresh);
  return fresh;
}

/** The state of a subject; a new one is remembered, and the one unused for longest is forgotten. */
export function subjectStateOf(state: InstanceState, subjectKey: string): SubjectState {
  const subject = state.subjects.get(subjectKey) ?? { waiting: [] };
  setNewest(state.subjects, subjectKey, subject);
  return subject;
}

/** Sets a value and makes it the newest; the oldest are removed beyond the limit. */
export function setNewest<T>(map: Map<string, T>, key: string, value: T): void {
  // Deleting first moves the entry to the end: a Map keeps the order of insertion.
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= MAX_SUBJECTS) break;
    map.delete(oldest);
  }
}

/** Remembers the newest event of a subject, so that the next call can say its value. */
export function rememberContent(
  state: InstanceState,
  subjectKey: string,
  candidate: Candidate,
): void {
  if (bytesOf(candidate) > MAX_BODY_BYTES) return;
  forgetContent(state, subjectKey);
  state.contents.set(subjectKey, candidate);
  state.contentBytes += bytesOf(candidate);
  state.contentValues += valuesOf(candidate);
  for (const oldest of state.contents.keys()) {
    const { contentBytes, contentValues } = state;
    if (contentBytes <= MAX_CONTENT_BYTES && contentValues <= MAX_CONTENT_VALUES) break;
    forgetContent(state, oldest);
  }
}

/** Forgets the remembered event of a subject. */
export function forgetContent(state: InstanceState, subjectKey: string): void {
  const known = state.contents.get(subjectKey);
  if (known === undefined) return;
  state.contents.delete(subjectKey);
  state.contentBytes -= bytesOf(known);
  state.contentValues -= valuesOf(known);
}

function bytesOf({ message }: Candidate): number {
  return Buffer.byteLength(message.body);
}

/** Number of JSON values in a body, about: each follows one of these characters. */
function valuesOf({ message }: Candidate): number {
  return message.body.split(/[{[,]/).length;
}
