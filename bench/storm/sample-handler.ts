/**
 * The same storm with the vendor's sample handler, on a virtual clock. Each event is one call without
 * a dedup key. An event that PagerDuty does not accept is lost.
 * https://github.com/glasnostic/webhook-handler
 */

import { DEFAULT_DELIVERY_SETTINGS } from '../../lambda/shared/delivery-settings.ts';
import { compare, type Row } from '../measuring/row.ts';
import { virtualClock } from '../../testkit/simulation/clock.ts';
import { pagerDutyModel } from '../../testkit/simulation/pagerduty.ts';
import { seededRandom } from '../../testkit/simulation/random.ts';
import { STORM_EVENTS, STORM_RATE } from './rows.ts';

/** Result of the storm. */
export interface SampleHandlerStorm {
  /** One per event that PagerDuty accepted. */
  readonly incidents: number;
  readonly lost: number;
}

/** Simulates the storm with the sample handler. */
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
    const { kind } = await pagerDuty.clientOf(0)({
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
 * Rows that compare the bridge with the sample handler.
 *
 * @param name of the storm
 * @param incidents that the bridge opened. It lost no event: that was checked before
 */
export function sampleHandlerRows(
  name: string,
  incidents: number,
  sample: SampleHandlerStorm,
): readonly Row[] {
  const counted = (what: string, ours: number, theirs: number, goal: string): Row =>
    compare({
      measurement: `${name}: ${what}`,
      unit: 'in all',
      values: ours,
      baseline: { name: "the vendor's sample handler", values: theirs },
      limit: 1,
      goal,
      note: 'that of the sample handler on a virtual clock; all events have one integration key',
    });
  return [
    counted('incidents opened', incidents, sample.incidents, 'one per view'),
    counted('events without a page', 0, sample.lost, 'none'),
  ];
}
