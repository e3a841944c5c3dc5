import { BlockList, isIPv4 } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { defineStage } from '../../config/define-stage.ts';
import { stages } from '../../config/index.ts';
import { firstAddressOf, hasHostBits, isNetwork } from '../../config/networks.ts';
import { warningsOf } from '../../config/warnings.ts';
import type { Route } from '../../lambda/shared/routes.ts';
import { RUNS } from '../support/runs.ts';

function warnings(routes: readonly Route[], allowedNetworks: readonly string[] = []) {
  return warningsOf(defineStage({ name: 'w', routes, allowedNetworks }));
}

test.each(stages)('the stage $name of the project has none', (stage) => {
  expect(warningsOf(stage)).toEqual([]);
});

const ID = 'YegltGN8vgAK8THi';

/** A route whose lowest severity is the given one. */
function routeAt(i: number, severity: 'error' | 'warning'): Route {
  const scaled = { default: severity, over: [{ ratio: 2, severity: 'critical' }] } as const;
  return {
    environment: '*',
    view: `${i}`,
    service: 's',
    severity: i % 2 === 0 ? severity : scaled,
  };
}

/** Ten routes, of which some are never below error, and one that ignores. */
function routesWith(urgent: number): readonly Route[] {
  return [
    ...Array.from({ length: 10 }, (_, i) => routeAt(i, i < urgent ? 'error' : 'warning')),
    { environment: '*', ignore: true },
  ];
}

describe('a stage is warned about', () => {
  test('an environment that looks like a name, once for all its routes', () => {
    const views = Array.from({ length: 25 }, (_, i) => ({
      environment: 'production',
      view: `${i}`,
      service: 'search',
    }));
    expect(warnings([...views, { environment: ID, service: 'platform' }])).toEqual([
      `environment "production" of routes[0] (view 0 of production → search), routes[1] (view 1 of production → search), routes[2] (view 2 of production → search) and 22 others looks like a name; events have the ID, which is in the console's address: /environments/ID`,
    ]);
  });

  test.each(['Online Boutique', 'prod', 'PROD', 'Staging', 'prod-eu-1', 'test2', 'on_prem'])(
    'the name %s',
    (environment) => {
      expect(warnings([{ environment, service: 's' }])).toHaveLength(1);
    },
  );

  test.each([ID, '*', '42', '7f3k2', 'a1b2c3', 'mBcDeFgH'])('not the ID %s', (environment) => {
    expect(warnings([{ environment, service: 's' }])).toEqual([]);
  });

  test('a metric that Glasnostic does not have, with the nearest', () => {
    expect(
      warnings([
        { environment: '*', view: '4', metric: ['request', 'latency'], service: 'a' },
        { environment: '*', view: '5', metric: 'cpu', service: 'b' },
      ]),
    ).toEqual([
      `metric "request" of routes[0] (view 4 (request, latency) → a) is none of Glasnostic's; did you mean requests?`,
      `metric "cpu" of routes[1] (view 5 (cpu) → b) is none of Glasnostic's; use one of requests, latency, concurrency, bandwidth`,
    ]);
  });

  test.each<[string, Route]>([
    ['view', { environment: '*', domain: 'SEGMENTATION', view: '4', service: 'n' }],
    ['name', { environment: '*', domain: 'SEGMENTATION', viewName: 'Cart', service: 'n' }],
    ['metric', { environment: '*', domain: 'SEGMENTATION', metric: 'latency', service: 'n' }],
  ])('a route for denied connections with a %s', (_, route) => {
    expect(warnings([route])).toEqual([
      expect.stringContaining('matches no event that Glasnostic documents'),
    ]);
  });

  test('values of a list that an earlier route takes', () => {
    expect(
      warnings([
        { environment: '*', view: ['1', '2'], service: 'a' },
        { environment: '*', metric: 'latency', ignore: true },
        { environment: '*', view: ['2', '3'], metric: ['latency', 'requests'], service: 'b' },
      ]),
    ).toEqual([
      'routes[2] (views 2, 3 (latency, requests) → b) never gets view 2 (latency), view 2 (requests): routes[0] (views 1, 2 → a) takes them first',
      'routes[2] (views 2, 3 (latency, requests) → b) never gets view 3 (latency): routes[1] (any view (latency) → ignored) takes it first',
    ]);
  });

  test('routes of which over 80 % are never below error', () => {
    expect(warnings(routesWith(8))).toEqual([]);
    expect(warnings(routesWith(9))).toEqual([
      '9 of 10 routes with a service are never below error: when all events are urgent, none goes first. Begin with warning, and let the ratio raise it',
    ]);
  });

  test('networks that begin in the middle', () => {
    const route = { environment: '*', service: 's' };
    expect(
      warnings(
        [route],
        ['203.0.113.0/24', '203.0.113.7/24', '2001:db8::/32', '2001:db8::7/64', '::/0'],
      ),
    ).toEqual([
      'allowedNetworks[1] 203.0.113.7/24 allows all of 203.0.113.0/24; write that, or 203.0.113.7/32 for one address',
      'allowedNetworks[3] 2001:db8::7/64 allows all of 2001:db8::/64; write that, or 2001:db8::7/128 for one address',
    ]);
  });
});

test('a network is the same when it is written with its first address', () => {
  const address = fc.oneof(
    fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })),
    fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })),
  );
  fc.assert(
    fc.property(address, ([given, prefix]) => {
      const network = firstAddressOf(`${given}/${prefix}`);
      expect(isNetwork(network)).toBe(true);
      expect(hasHostBits(network)).toBe(false);
      const [first = ''] = network.split('/');
      const family = isIPv4(first) ? 'ipv4' : 'ipv6';
      const list = new BlockList();
      list.addSubnet(first, prefix, family);
      expect(list.check(given, family)).toBe(true);
    }),
    RUNS,
  );
});
