import type { PagerDuty } from '../pagerduty/client.ts';
import type { Outcome } from '../pagerduty/outcome.ts';
import type { RouteTable } from '../shared/routes.ts';
import type { CallClass } from './admission/slots.ts';
import type { Candidate } from './candidate.ts';
import { type InstanceState, type KeyState, keyStateOf } from './instance-state.ts';
import type { IntegrationKeys } from './keys/integration-keys.ts';
import type { OpenIncidents } from './open-incidents/open-incidents.ts';
import type { OpenIncident } from '../shared/open-incident.ts';
import type { DeliverySettings } from '../shared/delivery-settings.ts';

/** Configuration and dependencies of delivery. */
export interface DeliveryContext {
  readonly settings: DeliverySettings;
  readonly routes: RouteTable;
  readonly keys: IntegrationKeys;
  readonly pagerDuty: PagerDuty;
  /** Base URL of the Glasnostic console. */
  readonly consoleUrl: string;
  /** Absent if no route of the stage resolves. */
  readonly openIncidents?: OpenIncidents | undefined;
  readonly state: InstanceState;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
}

/** One call to PagerDuty, for the log and the metrics. */
export interface CallReport {
  /** The events that it stands for, oldest first. */
  readonly events: readonly [Candidate, ...Candidate[]];
  /** The event that was sent. */
  readonly latest: Candidate;
  readonly callClass: CallClass;
  readonly severity: string;
  readonly outcome: Outcome;
  /** Time from accepting its oldest event to the end of the call, milliseconds. */
  readonly delay: number;
}

/** How a resolve ended, for the log and the metrics. */
export interface ResolveReport {
  readonly incident: OpenIncident;
  /**
   * The outcome of the call, or `key_changed`: PagerDuty has the incident under a former integration
   * key, and would drop the resolve.
   */
  readonly outcome: Outcome | 'key_changed';
  /** Time since its last event, milliseconds. */
  readonly quietTime: number;
}

/** How the resolve of a test ended, which follows its accepted trigger. */
export interface TestReport {
  /** The tests for which the trigger stood, oldest first. */
  readonly events: readonly [Candidate, ...Candidate[]];
  readonly outcome: Outcome;
}

/** What one batch knows about one integration key. */
export interface KeyRun {
  readonly integrationKey: string;
  readonly state: KeyState;
  /** Calls of this batch that wait for a slot of the rate limit. */
  waitingForSlot: number;
  /** True if this batch has sent the probe of the key's circuit breaker. */
  hasProbed: boolean;
}

/** What the steps of one batch share. Times in milliseconds. */
export interface BatchRun {
  readonly context: DeliveryContext;
  /** When the last call must have ended, milliseconds since 1970. */
  readonly callDeadline: number;
  /** How long a message stays invisible at least, even if deferring it fails. */
  readonly minInvisibleTime: number;
  /** By integration key. */
  readonly keyRuns: Map<string, KeyRun>;
  readonly calls: CallReport[];
  /** Reasons why older keys are in use: the secret, or a key in it, is malformed. */
  readonly keyProblems: Set<string>;
  readonly resolves: ResolveReport[];
  readonly tests: TestReport[];
  /** Incidents that PagerDuty keeps open under a former integration key. */
  readonly openUnderFormerKey: string[];
  /** Errors of the table of open incidents: one per event or operation that it failed. */
  readonly tableErrors: string[];
  /** Errors in this bridge itself: one per subject, final update or sweep that failed. */
  readonly internalErrors: string[];
}

/** The {@link KeyRun} of a key in a batch. A key that is not known gets a new one. */
export function keyRunOf(run: BatchRun, integrationKey: string): KeyRun {
  const known = run.keyRuns.get(integrationKey);
  if (known !== undefined) return known;
  const state = keyStateOf(run.context.state, integrationKey);
  const fresh: KeyRun = { integrationKey, state, waitingForSlot: 0, hasProbed: false };
  run.keyRuns.set(integrationKey, fresh);
  return fresh;
}
