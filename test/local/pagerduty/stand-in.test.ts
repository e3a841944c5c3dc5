import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { evenShare, type StandInMode } from '../../../local/pagerduty/mode.ts';
import { slidingWindow } from '../../../local/pagerduty/rate-limit.ts';
import { startStandIn, type StandIn } from '../../../local/pagerduty/stand-in.ts';

const KEY = 'a1'.repeat(16);
const OTHER_KEY = 'b2'.repeat(16);

let standIn: StandIn;

beforeEach(async () => {
  standIn = await startStandIn({
    rateLimit: { calls: 5, windowSeconds: 60 },
    refuses: ({ client }) => client === 'refused',
    serviceOf: (key) =>
      new Map([
        [KEY, 'shop'],
        [OTHER_KEY, 'payments'],
      ]).get(key),
  });
});

afterEach(() => standIn.stop());

function post(fields: object = {}, severity = 'warning'): Promise<Response> {
  const payload = { summary: `It is ${severity}`, source: 'shop', severity };
  const event = { routing_key: KEY, event_action: 'trigger', payload, ...fields };
  return fetch(`${standIn.url}/v2/enqueue`, {
    method: 'POST',
    body: JSON.stringify(event),
    signal: AbortSignal.timeout(5000),
  });
}

describe('the stand-in', () => {
  test('deduplicates events of one key and dedup key while the incident is open', async () => {
    await post({ dedup_key: 'd' });
    await post({ dedup_key: 'd' }, 'critical');
    await post({ dedup_key: 'd', routing_key: OTHER_KEY });
    await post({ dedup_key: 'd', event_action: 'acknowledge' });
    const shown = standIn
      .incidents()
      .map(({ service, status, severity, updates }) => ({ service, status, severity, updates }));
    expect(shown).toEqual([
      { service: 'shop', status: 'acknowledged', severity: 'critical', updates: 1 },
      { service: 'payments', status: 'triggered', severity: 'warning', updates: 0 },
    ]);
  });

  test('opens another incident after the first was resolved', async () => {
    await post({ dedup_key: 'd' });
    await post({ dedup_key: 'd', event_action: 'resolve' });
    await post({ dedup_key: 'd' });
    expect(standIn.incidents().map(({ status }) => status)).toEqual(['resolved', 'triggered']);
  });

  test('drops a resolve without an open incident, but refuses one with an unknown key', async () => {
    const check = { event_action: 'resolve', dedup_key: 'check', payload: undefined };
    expect((await post(check)).status).toBe(202);
    const refused = await post({ ...check, routing_key: 'c3'.repeat(16) });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ status: 'invalid event' });
    expect(standIn.incidents()).toEqual([]);
  });

  test('generates a missing dedup key', async () => {
    const response = await post();
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({
      status: 'success',
      message: 'Event processed',
      dedup_key: standIn.incidents()[0]?.dedupKey,
    });
  });

  test('lists calls with their services, and never with a key', async () => {
    await post({ dedup_key: 'd', links: [{ href: 'https://example.com' }] });
    await post({ routing_key: 'c3'.repeat(16) });
    await post({ routing_key: 'short' });
    expect(standIn.calls()).toEqual([
      { at: expect.any(String), service: 'shop', dedupKey: 'd', status: 202, mode: 'ok' },
      { at: expect.any(String), service: 'unknown', status: 400, mode: 'ok' },
      { at: expect.any(String), service: 'unknown', status: 400, mode: 'ok' },
    ]);
    expect(standIn.callCounts()).toEqual({ '202': 1, '400': 2 });
    expect(JSON.stringify([standIn.calls(), standIn.incidents()])).not.toContain(KEY);
  });

  test('refuses a key that no service has, with that reason', async () => {
    const response = await post({ routing_key: 'c3'.repeat(16) });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: ['Invalid routing key'] });
  });

  test('refuses the valid events that an option names', async () => {
    const response = await post({ client: 'refused' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: ['The stand-in refuses this event'] });
    expect((await post()).status).toBe(202);
    expect(standIn.incidents()).toHaveLength(1);
  });

  test('limits the calls per key', async () => {
    const statuses: number[] = [];
    for (let call = 0; call < 7; call += 1) statuses.push((await post()).status);
    expect(statuses).toEqual([202, 202, 202, 202, 202, 429, 429]);
    expect((await post({ routing_key: OTHER_KEY })).status).toBe(202);
    expect(standIn.incidents().length).toBe(6);
  });

  test('refuses bodies over 512 KB, bodies that are not JSON, and other paths', async () => {
    expect((await post({ client: 'x'.repeat(512 * 1024) })).status).toBe(413);
    const text = await fetch(`${standIn.url}/v2/enqueue`, { method: 'POST', body: '{' });
    expect(text.status).toBe(400);
    expect((await fetch(`${standIn.url}/v2/other`, { method: 'POST' })).status).toBe(404);
    expect((await fetch(`${standIn.url}/v2/enqueue`)).status).toBe(404);
    expect(standIn.incidents()).toEqual([]);
  });
});

describe('the mode', () => {
  test.each<[StandInMode, number, string | null, number]>([
    [{ kind: 'down' }, 503, null, 0],
    [{ kind: 'down', status: 500, retryAfterSeconds: 7 }, 500, '7', 0],
    [{ kind: 'throttle', retryAfterSeconds: 3 }, 429, '3', 0],
    [{ kind: 'refuse' }, 400, null, 0],
    [{ kind: 'slow', milliseconds: 1 }, 202, null, 1],
  ])('%j answers', async (mode, status, retryAfter, incidents) => {
    standIn.setMode(mode);
    const response = await post();
    expect(response.status).toBe(status);
    expect(response.headers.get('retry-after')).toBe(retryAfter);
    expect(standIn.incidents().length).toBe(incidents);
    expect(standIn.calls()[0]).toMatchObject({ service: 'shop', mode: mode.kind });
  });

  test.each<[StandInMode['kind'], number]>([
    ['reset', 0],
    ['lose-answer', 1],
  ])('%s breaks the connection', async (kind, incidents) => {
    standIn.setMode({ kind });
    await expect(post()).rejects.toThrow('fetch failed');
    expect(standIn.incidents().length).toBe(incidents);
    expect(standIn.callCounts()).toEqual({ none: 1 });
    standIn.setMode({ kind: 'ok' });
    expect((await post()).status).toBe(202);
  });

  test('hang gives no answer', async () => {
    standIn.setMode({ kind: 'hang' });
    const hanging = fetch(`${standIn.url}/v2/enqueue`, {
      method: 'POST',
      body: '{}',
      signal: AbortSignal.timeout(50),
    });
    await expect(hanging).rejects.toThrow('timeout');
  });

  test('applies to the calls of one service', async () => {
    standIn.setMode({ kind: 'down', service: 'payments' });
    expect((await post()).status).toBe(202);
    expect((await post({ routing_key: OTHER_KEY })).status).toBe(503);
  });

  test('applies to a share of the calls, evenly', async () => {
    standIn.setMode({ kind: 'down', share: 0.5 });
    const statuses: number[] = [];
    for (let call = 0; call < 4; call += 1) statuses.push((await post()).status);
    expect(statuses).toEqual([202, 503, 202, 503]);
    const isHit = evenShare(0.05);
    expect(Array.from({ length: 100 }, () => isHit()).filter(Boolean).length).toBe(5);
  });
});

test('the window slides: each call counts for its length, and a refused call does not count', () => {
  let now = 0;
  const mayCall = slidingWindow({ calls: 2, windowSeconds: 60 }, () => now);
  const callAt = (seconds: number): boolean => {
    now = seconds * 1000;
    return mayCall('key');
  };
  expect([0, 30, 59, 60, 61, 89, 90].map(callAt)).toEqual([
    true,
    true,
    false,
    true,
    false,
    false,
    true,
  ]);
});
