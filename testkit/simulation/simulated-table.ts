import type { OpenIncidents } from '../../lambda/delivery/open-incidents/open-incidents.ts';
import { claimDuration, type OpenIncident } from '../../lambda/shared/open-incident.ts';
import type { VirtualClock } from './clock.ts';
import { openIncidentsModel, type SeenClaim } from './open-incidents.ts';

/** How a simulated stage resolves incidents. Times in milliseconds after the begin of the simulation. */
export interface ResolveScenario {
  readonly afterMinutes: number;
  /** Ticks are sent once per minute until then. */
  readonly ticksUntil: number;
  /** Share of the table's operations that fail, half of them after they happened. @default none */
  readonly trouble?: number;
  /** Whether the table can be reached. @default always */
  readonly isTableUp?: (time: number) => boolean;
}

/** The table of a simulation. */
export interface SimulatedTable {
  readonly openIncidents: OpenIncidents;
  readonly incidents: ReadonlyMap<string, OpenIncident>;
  readonly claims: readonly SeenClaim[];
  readonly failedOperations: () => number;
}

/** How long an operation takes while the table is down, milliseconds: two attempts time out. */
const TIMEOUT = 2_000;

/** Makes a table whose operations take a few milliseconds, and may fail. */
export function simulatedTable(options: {
  readonly clock: VirtualClock;
  /** In [0, 1). */
  readonly chance: () => number;
  readonly settings: { readonly callTimeoutSeconds: number };
  /** Milliseconds since 1970. */
  readonly begin: number;
  readonly scenario: ResolveScenario | undefined;
}): SimulatedTable {
  const { clock, chance, begin, settings, scenario } = options;
  const { incidents, claims, seenThrough } = openIncidentsModel(claimDuration(settings));
  let failed = 0;
  const fail = (): never => {
    failed += 1;
    throw new Error('The table cannot be reached.');
  };
  const openIncidents = seenThrough(async (action) => {
    if (scenario?.isTableUp?.(clock.now() - begin) === false) {
      await clock.sleep(TIMEOUT);
      return fail();
    }
    const isFailure = chance() < (scenario?.trouble ?? 0);
    await clock.sleep(2 + 8 * chance());
    if (isFailure && chance() < 0.5) return fail();
    const result = action();
    // The answer is lost.
    return isFailure ? fail() : result;
  });
  return { openIncidents, incidents, claims, failedOperations: () => failed };
}
