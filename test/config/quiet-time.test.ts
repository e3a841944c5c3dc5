import { describe, expect, test } from '@jest/globals';
import { defineStage } from '../../config/define-stage.ts';
import { stages } from '../../config/index.ts';
import { hasResolvingRoute, type Route } from '../../lambda/shared/routes.ts';

const resolving = (resolveAfterMinutes: number): Route => ({
  environment: '*',
  service: 'platform',
  resolveAfterMinutes,
});

/** The lines of the error, without the heading. */
function mistakes(change: object): string[] {
  try {
    defineStage({ name: 'small', routes: [], ...change });
  } catch (error) {
    const lines = error instanceof Error ? error.message.split('\n') : [];
    return lines.slice(1).map((line) => line.trim());
  }
  return [];
}

describe('a quiet time that does not fit the stage names the path and the fix', () => {
  test.each<[string, object, string]>([
    [
      'shorter than two of the longest waits',
      { routes: [{ environment: '1', ignore: true }, resolving(5.9)] },
      'routes[1] (everything → platform).resolveAfterMinutes: 5.9 is below 6, which is twice the longest wait after a failure, 180 s; an event that waits could find its incident resolved. Use at least 6, better 30 to 60',
    ],
    [
      'shorter than two of the longest intervals of a circuit breaker',
      { routes: [resolving(6)], delivery: { circuitCapSeconds: 90 } },
      'routes[0] (everything → platform).resolveAfterMinutes: 6 is below 8.44, which is twice the longest wait after a failure, 254 s; an event that waits could find its incident resolved. Use at least 8.44, better 30 to 60',
    ],
    [
      'shorter than five update intervals',
      { routes: [resolving(24.5)], delivery: { updateIntervalSeconds: 300 } },
      'routes[0] (everything → platform).resolveAfterMinutes: 24.5 is below 25, which is 5 times delivery.updateIntervalSeconds 300; an event that waits could find its incident resolved. Use at least 25, better 30 to 60',
    ],
    [
      'with calls that may take too long',
      { routes: [resolving(30)], delivery: { callTimeoutSeconds: 11 } },
      'delivery.callTimeoutSeconds: 11 is above 10; an event can wait one and a half times as long while its incident is resolved. Use at most 10, or remove resolveAfterMinutes from the routes',
    ],
  ])('%s', (_, change, message) => {
    expect(mistakes(change)).toEqual([`stages.small.${message}`]);
  });
});

test.each([6, 6.5, 30, 10_080])('%d minutes of quiet are fine with the defaults', (minutes) => {
  const { routes } = defineStage({ name: 'small', routes: [resolving(minutes)] });
  expect(routes).toEqual([resolving(minutes)]);
});

test('a stage that resolves may have calls of 10 s, and one that does not may have longer ones', () => {
  expect(mistakes({ routes: [resolving(30)], delivery: { callTimeoutSeconds: 10 } })).toEqual([]);
  const routes = [{ environment: '*', service: 'platform' }];
  expect(mistakes({ routes, delivery: { callTimeoutSeconds: 30 } })).toEqual([]);
});

test('the stage local resolves incidents, and the stage example does not', () => {
  const resolves = stages.map(({ name, routes }) => [name, hasResolvingRoute(routes)]);
  expect(Object.fromEntries(resolves)).toEqual({ example: false, local: true });
});
