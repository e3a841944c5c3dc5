/** Runs delivery in a scenario, and what CloudWatch then makes of its metrics. */

import { seededRandom } from '../simulation/random.ts';
import { BEGIN, type Scenario, simulate, type Simulation } from '../simulation/simulate.ts';
import type { Sample, Samples } from './alarms.ts';

const MINUTE = 60_000;

/** Longest time until CloudWatch has a metric from a log line, milliseconds. */
const LATEST = 2 * MINUTE;

/** How long the ticks go on after the last event has ended, milliseconds. */
const AFTERWARDS = 60 * MINUTE;

/** What is recorded of a scenario. */
export interface Recording {
  readonly simulation: Simulation;
  readonly samples: Samples;
  /** When the last event ended, milliseconds since 1970. */
  readonly over: number;
  /** Until then there are ticks, milliseconds since 1970. */
  readonly until: number;
}

/**
 * Runs a scenario with a tick per minute, and records its metrics as the log lines publish them: a
 * value of 0 is not published.
 *
 * @param hours length of the trouble; the ticks go on for an hour
 */
export async function recorded(scenario: Scenario, hours: number): Promise<Recording> {
  const random = seededRandom(scenario.seed + 7);
  const samples = new Map<string, Sample[]>();
  const add = (name: string, at: number, value: number): void => {
    const ofMetric = samples.get(name) ?? [];
    ofMetric.push({ at, knownAt: at + random() * LATEST, value });
    samples.set(name, ofMetric);
  };
  const ticksUntil = hours * 60 * MINUTE + AFTERWARDS;
  const simulation = await simulate({
    ...scenario,
    ticksUntil,
    onMetrics: (at, metrics) => {
      for (const [name, values] of Object.entries(metrics)) {
        for (const value of [values].flat()) if (value !== 0) add(name, at, value);
      }
    },
  });
  const until = BEGIN + ticksUntil;
  for (let at = BEGIN; at <= until; at += MINUTE) add('InvocationAttemptCount', at, 1);
  const isEvent = (id: string): boolean => simulation.events.has(simulation.originalOf(id));
  const ends = simulation.ends.filter(({ id }) => isEvent(id)).map(({ at }) => at);
  return { simulation, samples, over: Math.max(...ends), until };
}
