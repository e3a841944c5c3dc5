import { describe, expect, test } from '@jest/globals';

import type { Candidate } from '../../../lambda/delivery/candidate.ts';
import {
  forgetNewestUnsent,
  keyStateOf,
  newInstanceState,
  rememberNewestUnsent,
  setNewest,
  subjectStateOf,
} from '../../../lambda/delivery/instance-state.ts';
import { candidate, NOW } from '../../support/delivery-fixtures.ts';

/** An event whose body has so many bytes. */
function ofSize(bytes: number): Candidate {
  const event = candidate();
  return { ...event, message: { ...event.message, body: 'x'.repeat(bytes) } };
}

describe('an instance', () => {
  test('knows nothing at its start', () => {
    const state = newInstanceState(NOW);
    expect(state.startedAt).toBe(NOW);
    expect(keyStateOf(state, 'k').calls.times).toEqual([]);
    expect(subjectStateOf(state, 's')).toEqual({ waiting: [] });
  });

  test('remembers one state for each key and subject', () => {
    const state = newInstanceState(NOW);
    expect(keyStateOf(state, 'k')).toBe(keyStateOf(state, 'k'));
    expect(subjectStateOf(state, 's')).toBe(subjectStateOf(state, 's'));
    expect(keyStateOf(state, 'k')).not.toBe(keyStateOf(state, 'other'));
  });

  test('remembers 20,000 subjects, and forgets the one that was unused for longest', () => {
    const state = newInstanceState(NOW);
    const first = subjectStateOf(state, '0');
    for (let i = 1; i < 20_000; i++) subjectStateOf(state, String(i));
    expect(subjectStateOf(state, '0')).toBe(first);
    subjectStateOf(state, 'new');
    expect(state.subjects.size).toBe(20_000);
    expect(state.subjects.has('0')).toBe(true);
    expect(state.subjects.has('1')).toBe(false);
  });

  test('keeps the severities of as many incidents', () => {
    const map = new Map<string, number>();
    for (let i = 0; i < 20_001; i++) setNewest(map, String(i), i);
    expect(map.size).toBe(20_000);
    expect(map.has('0')).toBe(false);
  });
});

describe('the newest content of a subject', () => {
  test('is remembered up to 16 KiB; a larger one leaves the one before', () => {
    const state = newInstanceState(NOW);
    const fits = ofSize(16 * 1024);
    rememberNewestUnsent(state, 's', fits);
    rememberNewestUnsent(state, 's', ofSize(16 * 1024 + 1));
    expect(state.newestUnsent.get('s')).toBe(fits);
    expect(state.newestUnsentBytes).toBe(16 * 1024);
  });

  test('takes the place of the one before', () => {
    const state = newInstanceState(NOW);
    rememberNewestUnsent(state, 's', ofSize(9_000));
    rememberNewestUnsent(state, 's', ofSize(500));
    expect([state.newestUnsent.size, state.newestUnsentBytes]).toEqual([1, 500]);
    forgetNewestUnsent(state, 's');
    forgetNewestUnsent(state, 's');
    expect([state.newestUnsent.size, state.newestUnsentBytes]).toEqual([0, 0]);
  });

  test('is remembered for 8 MiB of bodies; the oldest goes first', () => {
    const state = newInstanceState(NOW);
    for (let i = 0; i < 513; i++) rememberNewestUnsent(state, String(i), ofSize(16 * 1024));
    expect(state.newestUnsent.size).toBe(512);
    expect(state.newestUnsent.has('0')).toBe(false);
    expect(state.newestUnsentBytes).toBe(8 * 1024 * 1024);
  });

  test('is remembered for 600,000 JSON values: small ones take much more memory than text', () => {
    const state = newInstanceState(NOW);
    const event = candidate();
    const body = `[${'{},'.repeat(5_000)}{}]`;
    const hostile = { ...event, message: { ...event.message, body } };
    for (let i = 0; i < 500; i++) rememberNewestUnsent(state, String(i), hostile);
    expect(state.newestUnsent.size).toBe(59);
    expect(state.newestUnsent.has('499')).toBe(true);
    for (const subject of state.newestUnsent.keys()) forgetNewestUnsent(state, subject);
    expect([state.newestUnsentBytes, state.newestUnsentValues]).toEqual([0, 0]);
  });

  test('of 19,000 ordinary events is remembered', () => {
    const state = newInstanceState(NOW);
    const event = candidate();
    for (let i = 0; i < 19_000; i++) rememberNewestUnsent(state, String(i), event);
    expect(state.newestUnsent.size).toBe(19_000);
  });

  test('counts bytes, not characters', () => {
    const state = newInstanceState(NOW);
    const event = candidate();
    const umlauts = { ...event, message: { ...event.message, body: 'ü'.repeat(10_000) } };
    rememberNewestUnsent(state, 's', umlauts);
    expect(state.newestUnsent.size).toBe(0);
  });
});
