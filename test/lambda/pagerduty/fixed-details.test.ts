import { describe, expect, test } from '@jest/globals';

import { type DetailContext, detailsOf } from '../../../lambda/pagerduty/details.ts';
import { DETAIL_NAMES } from '../../../lambda/shared/detail-names.ts';
import { eventOf, sample, thresholdBody } from '../../support/glasnostic.ts';

const RECEIVED = '2022-04-03T17:52:25.000Z';
const AT_ONCE: DetailContext = {
  receivedAt: RECEIVED,
  now: Date.parse(RECEIVED) + 1_000,
  severity: 'warning',
  ownSeverity: 'warning',
};

/** The details of what Glasnostic sends when a threshold is exceeded, with changes. */
function details(changes: Parameters<typeof thresholdBody>[0], context = AT_ONCE) {
  return detailsOf(eventOf(thresholdBody(changes)), context);
}

describe('the fixed fields of a route', () => {
  const context = { ...AT_ONCE, fixed: { team: 'Search', tier: '1' } };

  test('come first, as they are', () => {
    expect(Object.entries(details({}, context)).slice(0, 3)).toEqual([
      ['team', 'Search'],
      ['tier', '1'],
      ['environment', { id: 'YegltGN8vgAK8THi', name: 'Online Boutique' }],
    ]);
  });

  test('keep their names when the event has a field of that name', () => {
    const content = { metric: 'requests', team: 'of the event' };
    expect(details({ content }, context)).toMatchObject({
      team: 'Search',
      event_team: 'of the event',
    });
  });
});

test('every field that the bridge writes is known to the check of routes', () => {
  const all = details(
    {
      time: 'yesterday',
      content: { metric: 'requests', value: 42, threshold: 30, unit: 'r/s' },
    },
    {
      ...AT_ONCE,
      now: AT_ONCE.now + 3_600_000,
      severity: 'critical',
      deduplicated: { count: 3, first: AT_ONCE.now, last: AT_ONCE.now, ratio: 2 },
    },
  );
  const limit = detailsOf(eventOf(sample('view-limit')), AT_ONCE);
  const written = new Set([...Object.keys(all), ...Object.keys(limit), 'cut']);
  expect([...written].toSorted()).toEqual(DETAIL_NAMES.toSorted());
});
