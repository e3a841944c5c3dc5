import type {
  IncidentEvent,
  OpenIncidents,
} from '../../lambda/delivery/open-incidents/open-incidents.ts';
import type { OpenIncident } from '../../lambda/shared/open-incident.ts';
import { SEVERITIES } from '../../lambda/shared/routes.ts';

/** A claim of an incident, and how late it came. */
export interface SeenClaim {
  readonly incidentKey: string;
  readonly at: number;
  readonly due: number;
}

/** A table of open incidents in memory: each operation happens at one moment. */
export interface OpenIncidentsModel {
  readonly incidents: ReadonlyMap<string, OpenIncident>;
  readonly claims: readonly SeenClaim[];
  /** What the operator's command does: the incident is due at the time `due`. */
  readonly setDue: (incidentKey: string, due: number) => void;
  /**
   * The table as one instance sees it.
   *
   * @param step makes an operation happen, now or later, or fail before or after it
   */
  readonly seenThrough: (step: <T>(action: () => T, name: string) => Promise<T>) => OpenIncidents;
}

/** Another route of the incident may have asked for a later time, milliseconds. */
const EARLIER_BY = 5_000;

/** @param claimDuration how long a claim lasts, milliseconds */
export function openIncidentsModel(claimDuration: number): OpenIncidentsModel {
  const incidents = new Map<string, OpenIncident>();
  const claims: SeenClaim[] = [];
  const isFree = ({ claimed }: OpenIncident, now: number): boolean =>
    claimed === undefined || claimed < now - claimDuration;

  const postpone = ({ incidentKey, summary, keyId, due, now }: IncidentEvent) => {
    const before = incidents.get(incidentKey);
    if (before !== undefined && !isFree(before, now)) return { kind: 'resolving' } as const;
    const later = before?.claimed === undefined && (before?.due ?? 0) > due + EARLIER_BY;
    incidents.set(incidentKey, {
      incidentKey,
      summary,
      due: later ? (before?.due ?? due) : due,
      lastEvent: now,
      opened: before?.opened ?? now,
      keyId: keyId ?? before?.keyId,
      severity: before?.severity,
      severityAt: before?.severityAt,
      claimed: undefined,
      isResolved: false,
    });
    return { kind: 'postponed', before } as const;
  };

  return {
    incidents,
    claims,
    setDue: (incidentKey, due) => {
      const known = incidents.get(incidentKey);
      if (known !== undefined) incidents.set(incidentKey, { ...known, due });
    },
    seenThrough: (step) => ({
      postpone: async (event) => step(() => postpone(event), 'postpone'),
      keepOpen: async (incidentKey, due, now) =>
        step(() => {
          const known = incidents.get(incidentKey);
          if (known === undefined || known.isResolved || !isFree(known, now)) return;
          if (known.due >= due) return;
          incidents.set(incidentKey, { ...known, due });
        }, 'keepOpen'),
      recordSeverity: async (incidentKey, severity, at, forgottenBefore) =>
        step(() => {
          const known = incidents.get(incidentKey);
          if (known === undefined) return;
          const isHigher =
            known.severity !== undefined &&
            (known.severityAt ?? 0) >= forgottenBefore &&
            SEVERITIES.indexOf(known.severity) > SEVERITIES.indexOf(severity);
          if (!isHigher) incidents.set(incidentKey, { ...known, severity, severityAt: at });
        }, 'recordSeverity'),
      due: async (now) =>
        step(() => {
          const all = [...incidents.values()];
          return { incidents: all.filter(({ due }) => due <= now), read: all.length };
        }, 'due'),
      claim: async ({ incidentKey, due }, now) =>
        step(() => {
          const known = incidents.get(incidentKey);
          if (known === undefined || known.due !== due || !isFree(known, now)) return undefined;
          incidents.set(incidentKey, { ...known, claimed: now, opened: undefined });
          claims.push({ incidentKey, at: now, due });
          return { incidentKey, at: now };
        }, 'claim'),
      markResolved: async ({ incidentKey, at }, now) =>
        step(() => {
          const known = incidents.get(incidentKey);
          if (known?.claimed !== at) return;
          incidents.set(incidentKey, {
            ...known,
            claimed: now,
            isResolved: true,
            opened: undefined,
            keyId: undefined,
            severity: undefined,
            severityAt: undefined,
          });
        }, 'markResolved'),
      forget: async ({ incidentKey, at }) =>
        step(() => {
          if (incidents.get(incidentKey)?.claimed === at) incidents.delete(incidentKey);
        }, 'forget'),
    }),
  };
}
