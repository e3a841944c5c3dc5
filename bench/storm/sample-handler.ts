/**
 * The same storm at the vendor's sample handler, on a virtual clock: each event is one call, without
 * a dedup key, and what PagerDuty does not take is gone with the request.
 * https://github.com/glasnostic/webhook-handler
 */

import { DEFAULT_DELIVERY_SETTINGS } from '../../lambda/delivery/settings.ts';
import type { Row } from '../measuring/row.ts';
import { virtualClock } from '../../testkit/simulation/clock.ts';
import { pagerDutyModel } from '../../testkit/simulation/pagerduty.ts';
import { seededRandom } from '../../testkit/simulation/random.ts';
import { STORM_EVENTS, STORM_RATE } from './rows.ts';

/** What became of the storm. */
export interface SampleHandlerStorm {
  /** Each event that PagerDuty took opened one of its own. */
  readonly incidents: number;
  readonly lost: number;
}

/** Sends the storm through the sample handler. */
export async function stormAtTheSampleHandler(): Promise<SampleHandlerStorm> {
  const random = seededRandom(1);
  const clock = virtualClock(Date.parse('2026-01-01T00:00:00Z'));
  const { callsPerMinute, callTimeoutSeconds } = DEFAULT_DELIVERY_SETTINGS;
  const pagerDuty = pagerDutyModel({
    clock,
    modeAt: () => 'up',
    callsPerMinute,
    callTimeout: callTimeoutSeconds * 1000,
    latency: () => 50 + 200 * random(),
  });
  let incidents = 0;
  const handle = async (n: number): Promise<void> => {
    await clock.sleep((n * 1000) / STORM_RATE);
    const { kind } = await pagerDuty.send({
      routing_key: 'k'.repeat(32),
      event_action: 'trigger',
      dedup_key: `event-${n}`,
      payload: {
        summary: 'View',
        source: 'View',
        severity: 'warning',
        class: 'threshold-exceeded',
        custom_details: {},
      },
      links: [],
      client: 'Glasnostic',
      client_url: 'https://app.glasnostic.com',
    });
    if (kind === 'delivered') incidents += 1;
  };
  await clock.run(Promise.all(Array.from({ length: STORM_EVENTS }, async (_, n) => handle(n))));
  return { incidents, lost: STORM_EVENTS - incidents };
}

/**
 * The bridge beside it.
 *
 * @param name of the storm
 * @param incidents that the bridge opened; it lost nothing, or it would not have come this far
 */
export function besideTheSampleHandler(
  name: string,
  incidents: number,
  sample: SampleHandlerStorm,
): readonly Row[] {
  const counted = (what: string, ours: number, theirs: number, goal: string): Row => ({
    measurement: `${name}: ${what}`,
    unit: 'in all',
    median: ours,
    spread: [ours, ours],
    baseline: { name: "the vendor's sample handler", median: theirs },
    ratio: theirs === 0 ? NaN : ours / theirs,
    goal,
    isMet: true,
    runs: 1,
    note: 'that of the sample handler on a virtual clock; all events have one integration key',
  });
  return [
    counted('incidents opened', incidents, sample.incidents, 'one a view'),
    counted('events that reached nobody', 0, sample.lost, 'none'),
  ];
}
