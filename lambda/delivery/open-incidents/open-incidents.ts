import type { OpenIncident } from '../../shared/open-incident.ts';
import type { Severity } from '../../shared/routes.ts';

/** An event of an incident, as the table records it. Times in milliseconds. */
export interface IncidentEvent {
  readonly incidentKey: string;
  /** Summary line, for the operator. */
  readonly summary: string;
  /** Identifies the integration key of the service; absent if the service has none. */
  readonly keyId: string | undefined;
  /** When to resolve the incident if no further event comes, since 1970. */
  readonly due: number;
  /** Since 1970. */
  readonly now: number;
}

/** Result of {@link OpenIncidents.postpone}. */
export type PostponeResult =
  /** The incident is not resolved before the new time. `before` is the item before the call. */
  | { readonly kind: 'postponed'; readonly before: OpenIncident | undefined }
  /** A resolve is under way, or PagerDuty has just accepted one. */
  | { readonly kind: 'resolving' };

/** A resolve that is under way: nothing else may change the item while it lasts. */
export interface Claim {
  readonly incidentKey: string;
  /** When it began, milliseconds since 1970. */
  readonly at: number;
}

/** A part of a scan for incidents that are due. */
export interface DuePart {
  readonly incidents: readonly OpenIncident[];
  /** Items that the scan has read, due or not. */
  readonly read: number;
  /** Where the next scan goes on; absent when this one reached the end. */
  readonly next?: string | undefined;
}

/**
 * The table of open incidents. Each operation is one conditional write or one scan, so that two
 * instances and the operator never undo each other's work. All reject when the table cannot be
 * reached.
 */
export interface OpenIncidents {
  /**
   * Records an event, and postpones the resolve of its incident. Call it before PagerDuty is called
   * about the event. It writes nothing while a resolve of the incident is under way.
   */
  readonly postpone: (event: IncidentEvent) => Promise<PostponeResult>;
  /**
   * Postpones the resolve of an incident of a lower step, if it is open and due earlier.
   *
   * @param due milliseconds since 1970
   * @param now milliseconds since 1970
   */
  readonly keepOpen: (incidentKey: string, due: number, now: number) => Promise<void>;
  /**
   * Records the severity of an event in an accepted call, unless a higher one is recorded.
   *
   * @param at when the call began, milliseconds since 1970
   * @param forgottenBefore a severity recorded before this time counts no more, ms since 1970
   */
  readonly recordSeverity: (
    incidentKey: string,
    severity: Severity,
    at: number,
    forgottenBefore: number,
  ) => Promise<void>;
  /** Reads the incidents that are due at the time `now`, from where the last scan stopped. */
  readonly due: (now: number, from: string | undefined) => Promise<DuePart>;
  /**
   * Claims an incident, so that it can be resolved.
   *
   * @returns `undefined` when an event came meanwhile, or another instance has claimed it
   */
  readonly claim: (incident: OpenIncident, now: number) => Promise<Claim | undefined>;
  /** Records that PagerDuty accepted the resolve. */
  readonly markResolved: (claim: Claim, now: number) => Promise<void>;
  /** Deletes an incident, unless an event came since the claim. */
  readonly forget: (claim: Claim) => Promise<void>;
}

/** A table whose operations reject: pages go out without it, and an alarm says that it is broken. */
export function brokenTable(error: unknown): OpenIncidents {
  const fail = async (): Promise<never> => {
    throw error;
  };
  return {
    postpone: fail,
    keepOpen: fail,
    recordSeverity: fail,
    due: fail,
    claim: fail,
    markResolved: fail,
    forget: fail,
  };
}
