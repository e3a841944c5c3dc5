import { describe, expect, test } from '@jest/globals';

import type { Candidate } from '../../../lambda/delivery/candidate.ts';
import {
  forgetContent,
  keyStateOf,
  newInstanceState,
  rememberContent,
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
    rememberContent(state, 's', fits);
    rememberContent(state, 's', ofSize(16 * 1024 + 1));
    expect(state.contents.get('s')).toBe(fits);
    expect(state.contentBytes).toBe(16 * 1024);
  });

  test('takes the place of the one before', () => {
    const state = newInstanceState(NOW);
    rememberContent(state, 's', ofSize(9_000));
    rememberContent(state, 's', ofSize(500));
    expect([state.contents.size, state.contentBytes]).toEqual([1, 500]);
    forgetContent(state, 's');
    forgetContent(state, 's');
    expect([state.contents.size, state.contentBytes]).toEqual([0, 0]);
  });

  test('is remembered for 8 MiB of bodies; the oldest goes first', () => {
    const state = newInstanceState(NOW);
    for (let i = 0; i < 513; i++) rememberContent(state, String(i), ofSize(16 * 1024));
    expect(state.contents.size).toBe(512);
    expect(state.contents.has('0')).toBe(false);
    expect(state.contentBytes).toBe(8 * 1024 * 1024);
  });

  test('is remembered for 600,000 JSON values: small ones take much more memory than text', () => {
    const state = newInstanceState(NOW);
    const event = candidate();
    const body = `[${'{},'.repeat(5_000)}{}]`;
    const hostile = { ...event, message: { ...event.message, body } };
    for (let i = 0; i < 500; i++) rememberContent(state, String(i), hostile);
    expect(state.contents.size).toBe(59);
    expect(state.contents.has('499')).toBe(true);
    for (const subject of state.contents.keys()) forgetContent(state, subject);
    expect([state.contentBytes, state.contentValues]).toEqual([0, 0]);
  });

  test('of 19,000 ordinary events is remembered', () => {
    const state = newInstanceState(NOW);
    const event = candidate();
    for (let i = 0; i < 19_000; i++) rememberContent(state, String(i), event);
    expect(state.contents.size).toBe(19_000);
  });

  test('counts bytes, not characters', () => {
    const state = newInstanceState(NOW);
    const event = candidate();
    const umlauts = { ...event, message: { ...event.message, body: 'ü'.repeat(10_000) } };
    rememberContent(state, 's', umlauts);
    expect(state.contents.size).toBe(0);
  });
});
