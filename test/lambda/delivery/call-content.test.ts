import { describe, expect, test } from '@jest/globals';

import { contentOf, type ContentInput } from '../../../lambda/delivery/call-content.ts';
import { candidate, NOW } from '../../support/delivery-fixtures.ts';

const MINUTE = 60_000;
const CRITICAL = 90;

function content(changes: Partial<ContentInput> = {}) {
  return contentOf({
    events: [candidate()],
    newestUnsent: undefined,
    subject: { waiting: [] },
    severities: undefined,
    updateInterval: MINUTE,
    now: NOW,
    ...changes,
  });
}

const pool = (count: number, ago: number) => ({ count, first: NOW - ago, last: NOW - ago });

describe('the content of a call', () => {
  const old = candidate({ at: NOW - 9_000, value: CRITICAL });
  const newest = candidate({ at: NOW - 1_000 });

  test('is that of the newest event, at the highest severity', () => {
    expect(content({ events: [old, newest] })).toEqual({
      latest: newest,
      severity: 'critical',
      ownSeverity: 'critical',
      deduplicated: { count: 2, first: NOW - 9_000, last: NOW - 1_000, ratio: 3 },
    });
  });

  test('is that of a newer event which was seen and not sent', () => {
    expect(content({ events: [old], newestUnsent: newest }).latest).toBe(newest);
    expect(content({ events: [newest], newestUnsent: old }).latest).toBe(newest);
  });

  test('takes the severity of a newer event, and not of an older one', () => {
    const raised = candidate({ at: NOW, value: CRITICAL });
    expect(content({ events: [newest], newestUnsent: raised }).ownSeverity).toBe('critical');
    expect(content({ events: [newest], newestUnsent: old }).ownSeverity).toBe('warning');
  });

  test('counts what was deduplicated since the last call, also into waiting events', () => {
    const subject = {
      waiting: [],
      deduplicatedIntoNotification: pool(4, 20_000),
      deduplicatedIntoWaiting: pool(2, 500),
    };
    expect(content({ subject }).deduplicated).toMatchObject({
      count: 7,
      first: NOW - 20_000,
      last: NOW - 500,
    });
  });

  test('counts what replays deduplicated into its events', () => {
    const deduplicated = { count: 10, first: NOW - 9_000, last: NOW - 3_000 };
    const events = [
      candidate({ at: NOW - 2_000, deduplicated }),
      candidate({ at: NOW - 1_000, deduplicated }),
    ] as const;
    expect(content({ events }).deduplicated).toMatchObject({
      count: 22,
      first: NOW - 9_000,
      last: NOW - 1_000,
    });
  });
});

describe('the severity of a call', () => {
  test.each([
    { what: 'a critical a minute ago', severities: { critical: NOW - MINUTE }, says: 'critical' },
    { what: 'an info a minute ago', severities: { info: NOW - MINUTE }, says: 'warning' },
    {
      what: 'a critical less than 30 update intervals ago',
      severities: { critical: NOW - 30 * MINUTE + 1 },
      says: 'critical',
    },
    {
      what: 'a critical 30 update intervals ago',
      severities: { critical: NOW - 30 * MINUTE },
      says: 'warning',
    },
    {
      what: 'a critical long ago and an error a moment ago',
      severities: { critical: NOW - 31 * MINUTE, error: NOW - MINUTE },
      says: 'error',
    },
  ] as const)('of a warning after $what is $says', ({ severities, says }) => {
    expect(content({ severities })).toMatchObject({ severity: says, ownSeverity: 'warning' });
  });
});
