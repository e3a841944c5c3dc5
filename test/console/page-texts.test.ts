import { describe, expect, test } from '@jest/globals';

import type { IncidentDetail, TimelineEntry } from '../../local/console/state.ts';
import { timelineRows } from '../../local/console/page/incident-text.ts';
import { hasWords, rowsOf } from '../../local/console/page/rows.ts';
import { addChange, type Change, KEPT_CHANGES } from '../../local/pagerduty/timeline.ts';
import { incidentRows } from '../support/console-scenes.ts';

test('nested details become rows, not JSON', () => {
  const details = {
    over_by: '35 r/s',
    view: { id: 4, tags: ['a', { b: true }] },
    none: null,
    no: {},
  };
  expect(rowsOf(details)).toEqual([
    ['over by', '35 r/s'],
    ['view · id', '4'],
    ['view · tags · 1', 'a'],
    ['view · tags · 2 · b', 'true'],
    ['none', 'none'],
    ['no', 'none'],
  ]);
});

test.each([
  ['', true],
  ['CRIT', true],
  ['checkout critical', true],
  ['checkout warning', false],
])('the filter %p matches: %p', (words, expected) => {
  expect(hasWords('#12 open critical View checkout', words)).toBe(expected);
});

function change(kind: Change['kind'], index: number): Change {
  return { at: new Date(index * 1_000).toISOString(), kind };
}

describe('the timeline', () => {
  test('keeps the first change and the newest ones', () => {
    let timeline = addChange([], change('opened', 0));
    for (let index = 1; index < 300; index += 1) {
      timeline = addChange(timeline, change('updated', index));
    }
    expect(timeline).toHaveLength(KEPT_CHANGES);
    expect(timeline[0]?.kind).toBe('opened');
    expect(timeline[1]?.at).toBe(change('updated', 300 - KEPT_CHANGES + 1).at);
    expect(timeline.at(-1)?.at).toBe(change('updated', 299).at);
  });

  test('shows the first change, the newest ones, and how many are between', () => {
    const [row] = incidentRows(1, 0);
    if (row === undefined) throw new Error('No row.');
    const updates = Array.from({ length: 20 }, (_, at): TimelineEntry => ({
      at,
      kind: 'updated',
      severity: 'error',
      summary: `S${at}`,
    }));
    const detail: IncidentDetail = {
      ...row,
      dedupKey: '',
      fields: [],
      details: {},
      links: [],
      dropped: 5,
      timeline: [
        { at: 0, kind: 'opened', severity: 'warning', summary: 'S' },
        ...updates,
        { at: 30, kind: 'resolved', byHand: true },
      ],
    };
    const texts = timelineRows(detail).map(([, text]) => text);
    expect(texts).toHaveLength(11);
    expect(texts.slice(0, 3)).toEqual([
      'opened, warning: S',
      '17 more changes',
      'updated, error: S12',
    ]);
    expect(texts.at(-1)).toBe('resolved by hand');
  });
});
