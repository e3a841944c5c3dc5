import type { PagerDuty } from '../pagerduty/client.ts';
import type { Outcome } from '../pagerduty/outcome.ts';
import type { RouteTable } from '../shared/routes.ts';
import type { CallClass } from './admission/slots.ts';
import type { Candidate } from './candidate.ts';
import { type InstanceState, type KeyState, keyStateOf } from './instance-state.ts';
import type { IntegrationKeys } from './integration-keys.ts';
import type { DeliverySettings } from '../shared/delivery-settings.ts';

/** What delivery needs. */
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

/** One call about events, for the log and the metrics. */
export interface CallReport {
  /** The events that it stands for, oldest first. */
  readonly events: readonly [Candidate, ...Candidate[]];
  /** The event whose content it says. */
  readonly latest: Candidate;
  readonly callClass: CallClass;
  readonly severity: string;
  readonly outcome: Outcome;
  /** Since the oldest of its events was accepted, milliseconds. */
  readonly delay: number;
}

/** One integration key in one batch. */
export interface KeyRun {
  readonly integrationKey: string;
  readonly state: KeyState;
  /** Calls that were turned away because of the rate limit. */
  turnedAway: number;
  /** Whether this batch has probed the key's circuit breaker. */
  hasProbed: boolean;
}

/** One batch under way. Times in milliseconds. */
export interface BatchRun {
  readonly context: DeliveryContext;
  /** When the last call must have ended, since 1970. */
  readonly callsEnd: number;
  /** How long a deferred message is sure to stay invisible, even when deferring it fails. */
  readonly sureFor: number;
  /** By integration key. */
  readonly keyRuns: Map<string, KeyRun>;
  readonly calls: CallReport[];
  /** Why older keys are in use: the secret of the integration keys, or a key in it, is malformed. */
  readonly keyProblems: Set<string>;
  /** Errors in this bridge that concern no message of the batch. */
  readonly internalErrors: string[];
}

/** The run of a key in a batch. */
export function keyRunOf(run: BatchRun, integrationKey: string): KeyRun {
  const known = run.keyRuns.get(integrationKey);
  if (known !== undefined) return known;
  const state = keyStateOf(run.context.state, integrationKey);
  const fresh: KeyRun = { integrationKey, state, turnedAway: 0, hasProbed: false };
  run.keyRuns.set(integrationKey, fresh);
  return fresh;
}
