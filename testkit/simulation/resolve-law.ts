import { claimDuration } from '../../lambda/shared/open-incident.ts';
import type { SeenCall } from './pagerduty.ts';
import { BEGIN, type SimulatedEvent, type Simulation } from './simulate.ts';

/** What a check of the resolves may assume about a world. */
export interface ResolveAssumptions {
  /** The quiet time, milliseconds. */
  readonly quietTime: number;
  /**
   * True if every operation of the table succeeds. If not, a page goes out without the table, and the
   * incident may be resolved too early: then the event must be sent again after the resolve.
   */
  readonly isTableSound: boolean;
  /** Largest difference between two clocks, milliseconds. */
  readonly skew: number;
}

function alertOf({ key, dedupKey }: SeenCall): string {
  return `${key} ${dedupKey}`;
}

function isAbout(call: SeenCall, { service, view, isLimit = false }: SimulatedEvent): boolean {
  return (
    call.dedupKey.startsWith(`glasnostic:${service}:${view}:`) &&
    (call.kind === 'limit-reached') === isLimit
  );
}

function seconds(time: number): string {
  return `${((time - BEGIN) / 1000).toFixed(1)} s`;
}

/** Resolves that closed an open alert, by alert, with the calls that PagerDuty took. */
function closing(simulation: Simulation) {
  const byAlert = Map.groupBy(
    simulation.calls.filter(({ isTaken }) => isTaken).toSorted((a, b) => a.at - b.at),
    alertOf,
  );
  return [...byAlert.values()].map((calls) => ({
    triggers: calls.filter(({ action }) => action === 'trigger'),
    resolves: calls.filter(
      ({ action }, index) => action === 'resolve' && calls[index - 1]?.action === 'trigger',
    ),
    last: calls.at(-1),
  }));
}

/**
 * Breaches of the rules of resolving:
 *
 * - An event is never swallowed: sent into an alert that a resolve then closes which was decided
 *   without it. A resolve comes at the earliest a quiet time after the newest event that was sent.
 * - No trigger and no resolve of one alert are under way at the same time, and a trigger begins at
 *   the earliest a call timeout after a resolve, because PagerDuty processes events asynchronously.
 *
 * @returns a sentence for each violation
 */
export function resolveViolations(
  simulation: Simulation,
  assumptions: ResolveAssumptions,
): readonly string[] {
  const { events, settings } = simulation;
  const { quietTime, isTableSound, skew } = assumptions;
  const gap = claimDuration(settings) / 3 - 2 * skew;
  return closing(simulation).flatMap(({ triggers, resolves }) =>
    resolves.flatMap((resolve) => {
      const isReopened = triggers.some(({ at }) => at > resolve.endedAt);
      const swallowed = [...events.values()].filter(
        (event) =>
          event.acceptedAt > resolve.at - quietTime &&
          triggers.some(
            (trigger) =>
              isAbout(trigger, event) &&
              trigger.at >= event.acceptedAt &&
              trigger.at <= resolve.endedAt,
          ),
      );
      const close = triggers.filter(
        (trigger) => trigger.at <= resolve.endedAt + gap && trigger.endedAt >= resolve.at,
      );
      const when = `resolved at ${seconds(resolve.at)}`;
      if (!isTableSound) {
        return swallowed.length > 0 && !isReopened
          ? [`${swallowed[0]?.id} is swallowed: ${resolve.dedupKey} ${when}`]
          : [];
      }
      return [
        ...swallowed.map(({ id }) => `${id} is swallowed: ${resolve.dedupKey} ${when}`),
        ...close.map(({ at }) => `${resolve.dedupKey} ${when}, and triggered at ${seconds(at)}`),
      ];
    }),
  );
}

/**
 * Incidents that are open at the end, in PagerDuty or in the table.
 *
 * @param formerKeys integration keys under which the bridge cannot resolve any more
 */
export function openAtEnd(
  simulation: Simulation,
  formerKeys: readonly string[] = [],
): readonly string[] {
  const alerts = closing(simulation).flatMap(({ last }) =>
    last?.action === 'trigger' && !formerKeys.includes(last.key) ? [alertOf(last)] : [],
  );
  return [...alerts, ...simulation.openIncidents.map(({ incidentKey }) => incidentKey)];
}

/** Times from when an incident was due to its claims, milliseconds, ascending. */
export function resolveDelays({ claims }: Simulation): readonly number[] {
  return claims.map(({ at, due }) => at - due).toSorted((a, b) => a - b);
}
