import type { Severity } from '../../shared/routes.ts';
import type { Candidate } from '../candidate.ts';

/** An accepted call that the table of open incidents does not know. */
export interface UnrecordedCall {
  /** The event that was sent. */
  readonly event: Candidate;
  /**
   * True if the table then said that the incident is not open. It may have been resolved although
   * this call was about a newer event, so the event is sent once more.
   */
  readonly mustSend: boolean;
}

/** What one instance remembers of the table of open incidents. Times in ms since 1970. */
export interface OpenIncidentsState {
  /** By incident: when this instance last postponed its resolve. */
  readonly postponed: Map<string, number>;
  /**
   * By subject: the accepted call that the table does not know, because it could not be reached.
   */
  readonly unrecorded: Map<string, UnrecordedCall>;
  /** By incident: the severity that the table has, and when it was recorded. */
  readonly severities: Map<string, { readonly severity: Severity; readonly at: number }>;
  /** The table failed: it is not called before this time. */
  pausedUntil: number;
  /** The table failed: this instance resolves nothing before this time. */
  mayResolveAt: number;
  /** Where the next scan goes on; absent when it begins anew. */
  scanFrom?: string | undefined;
  /** Open incidents that the scan has found so far. */
  openSoFar: number;
}

/** The state of an instance that has just started. */
export function newOpenIncidentsState(): OpenIncidentsState {
  return {
    postponed: new Map(),
    unrecorded: new Map(),
    severities: new Map(),
    pausedUntil: -Infinity,
    mayResolveAt: -Infinity,
    openSoFar: 0,
  };
}
