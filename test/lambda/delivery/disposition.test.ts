import { describe, expect, test } from '@jest/globals';

import {
  type Disposition,
  orGiveUp,
  type WaitCause,
} from '../../../lambda/delivery/disposition.ts';
import { NOW, queued } from '../../support/delivery-fixtures.ts';

const DAY = 86_400_000;

function waiting(cause: WaitCause, more: { failedAt?: number; detail?: string } = {}): Disposition {
  return { kind: 'waiting', cause, wait: 1000, detail: '503 down', status: 503, ...more };
}

function after(age: number, disposition: Disposition, receiveCount = 1): Disposition {
  return orGiveUp(queued({ sentAt: NOW - age, receiveCount }), disposition, NOW, DAY);
}

describe('giving up', () => {
  const givingUp: WaitCause[] = [
    'throttled',
    'unavailable',
    'unreachable',
    'circuit_open',
    'key_throttled',
    'incident_failing',
    'key_missing',
    'internal_error',
  ];

  test.each(givingUp)('an event that waits because of %s: at its age and not before', (cause) => {
    expect(after(DAY - 1, waiting(cause))).toEqual(waiting(cause));
    expect(after(DAY, waiting(cause))).toEqual({
      kind: 'dead',
      reason: 'retries_exhausted',
      status: 503,
      detail: 'Not delivered in 1 d. 503 down',
    });
  });

  test.each<WaitCause>(['paced', 'out_of_time'])(
    'never an event that waits because of %s: nothing failed',
    (cause) => {
      expect(after(13 * DAY, waiting(cause))).toEqual(waiting(cause));
    },
  );

  test('goes by age and not by the number of attempts', () => {
    expect(after(DAY - 1, waiting('unavailable'), 999).kind).toBe('waiting');
    expect(after(DAY, waiting('unavailable'), 1).kind).toBe('dead');
  });

  test('goes by the age at which a call last failed: an old event is tried before it is given up', () => {
    const circuitOpen = waiting('circuit_open', { failedAt: NOW - 30_000 });
    expect(after(DAY + 29_999, circuitOpen)).toBe(circuitOpen);
    expect(after(DAY + 30_000, circuitOpen).kind).toBe('dead');
  });

  test.each<Disposition>([
    { kind: 'delivered' },
    { kind: 'deduplicated' },
    { kind: 'dead', reason: 'rejected', detail: '400' },
  ])('does not concern an event that is $kind', (disposition) => {
    expect(after(99 * DAY, disposition)).toBe(disposition);
  });

  test('keeps the detail within what a dead letter takes', () => {
    const dead = after(DAY, waiting('unavailable', { detail: 'ü'.repeat(2000) }));
    if (dead.kind !== 'dead') throw new Error('Not given up.');
    expect(Buffer.byteLength(dead.detail)).toBeLessThanOrEqual(1024);
  });
});
