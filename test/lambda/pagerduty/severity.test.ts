import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { ratioOf, severityOf, urgency } from '../../../lambda/pagerduty/severity.ts';
import { type ScaledSeverity, SEVERITIES } from '../../../lambda/shared/routes.ts';
import { RUNS } from '../../support/runs.ts';

const SCALED: ScaledSeverity = {
  default: 'warning',
  over: [
    { ratio: 1.5, severity: 'error' },
    { ratio: 2, severity: 'critical' },
  ],
};

describe('the severity of a route', () => {
  test('is warning by default', () => {
    expect(severityOf(1_000, undefined)).toBe('warning');
  });

  test.each(SEVERITIES)('can be %s for all events', (severity) => {
    expect(severityOf(1_000, severity)).toBe(severity);
  });
});

describe('a scaled severity rises with the ratio', () => {
  test.each<[string, number | undefined, number | undefined, string]>([
    ['below the threshold', 0, 30, 'warning'],
    ['a little over it', 31, 30, 'warning'],
    ['just below the first step', 44.999, 30, 'warning'],
    ['at the first step', 45, 30, 'error'],
    ['just below the second', 59.999, 30, 'error'],
    ['at the second', 60, 30, 'critical'],
    ['far beyond', 1e300, 30, 'critical'],
    ['at a step that binary fractions miss', 0.3, 0.2, 'error'],
    ['at another one', 0.6, 0.3, 'critical'],
    ['without a value', undefined, 30, 'warning'],
    ['without a threshold', 60, undefined, 'warning'],
    ['over a threshold of zero, by however little', 0.001, 0, 'critical'],
    ['over a threshold of minus zero', 1, -0, 'critical'],
    ['at a threshold of zero', 0, 0, 'warning'],
    ['below a threshold of zero', -1, 0, 'warning'],
    ['over a negative threshold', 60, -30, 'warning'],
    ['with a negative value', -60, 30, 'warning'],
  ])('%s', (_, value, threshold, severity) => {
    expect(severityOf(ratioOf({ value, threshold }), SCALED)).toBe(severity);
  });

  test('and never falls when the value rises', () => {
    const amount = fc.double({ min: 0, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(amount, amount, amount, (a, b, threshold) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const at = (value: number): number =>
          urgency(severityOf(ratioOf({ value, threshold }), SCALED));
        expect(at(high)).toBeGreaterThanOrEqual(at(low));
      }),
      RUNS,
    );
  });
});

test('severities are ordered by urgency', () => {
  expect(SEVERITIES.map(urgency)).toEqual([0, 1, 2, 3]);
  expect(urgency('critical')).toBeGreaterThan(urgency('error'));
});
