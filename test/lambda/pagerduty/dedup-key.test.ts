import { createHash } from 'node:crypto';

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { type GlasnosticEvent, viewIdentity } from '../../../lambda/glasnostic/event.ts';
import { dedupKey, dedupKeysUpTo, readDedupKey } from '../../../lambda/pagerduty/dedup-key.ts';
import {
  SEVERITIES,
  type ScaledSeverity,
  type SeverityRule,
} from '../../../lambda/shared/routes.ts';
import { anyText } from '../../support/any-text.ts';
import { oneIn } from '../../support/arbitrary.ts';
import { eventOf, sample, thresholdBody } from '../../support/glasnostic.ts';
import { RUNS } from '../../support/runs.ts';

/** The parts of an incident's identity: its environment, its view or domain, its metric or kind. */
interface Triple {
  readonly environment: string;
  readonly subject: string;
  readonly what: string;
}

const base = eventOf(thresholdBody());

/** An event with a view and a metric. */
function withView({ environment, subject, what }: Triple): GlasnosticEvent {
  return { ...base, environment: { id: environment }, view: { id: subject }, metric: what };
}

/** An event without a view, such as a denied connection. */
function withDomain({ environment, subject, what }: Triple): GlasnosticEvent {
  return {
    ...base,
    environment: { id: environment },
    view: undefined,
    domain: subject,
    metric: what,
  };
}

/** Steps at the ratios 2, 3 and 4, some with an incident of their own. */
function rule(...own: readonly string[]): ScaledSeverity {
  const over = (['warning', 'error', 'critical'] as const).map((severity, i) => {
    const step = { ratio: i + 2, severity };
    return own.includes(severity) ? Object.assign(step, { ownIncident: true }) : step;
  });
  return { default: 'info', over };
}

describe('severity steps with an incident of their own', () => {
  const KEY = 'glasnostic:YegltGN8vgAK8THi:4:requests';

  test.each<[string, number | undefined, SeverityRule | undefined, readonly string[]]>([
    ['no rule', 9, undefined, ['']],
    ['one severity', 9, 'critical', ['']],
    ['no step with an own incident', 9, rule(), ['']],
    ['below the step', 3.9, rule('critical'), ['']],
    ['no ratio', undefined, rule('critical'), ['']],
    ['at the step', 4, rule('critical'), [':critical', '']],
    ['above the step', 9, rule('warning'), [':warning', '']],
    ['between two', 3, rule('warning', 'critical'), [':warning', '']],
    ['above both', 9, rule('warning', 'critical'), [':critical', ':warning', '']],
  ])('%s', (_, ratio, severity, suffixes) => {
    const event = eventOf(sample('view-threshold'));
    expect(dedupKeysUpTo(event, ratio, severity)).toEqual(suffixes.map((one) => KEY + one));
  });

  test('a key over the limit is a hash, another one per step', () => {
    const event = withView({ environment: 'e', subject: 'x'.repeat(230), what: 'requests' });
    const keys = dedupKeysUpTo(event, 9, rule('error', 'critical'));
    expect(new Set(keys).size).toBe(3);
    for (const key of keys) expect(key.length).toBeLessThanOrEqual(255);
  });

  test('no other event has the key of a step', () => {
    const event = withView({ environment: 'e', subject: '4', what: 'requests:critical' });
    const other = withView({ environment: 'e', subject: '4', what: 'requests' });
    expect(dedupKey(event)).not.toBe(dedupKey(other, 'critical'));
  });
});

describe('the dedup key of', () => {
  test.each([
    ['view-threshold', 'glasnostic:YegltGN8vgAK8THi:4:requests'],
    ['view-limit', 'glasnostic:YegltGN8vgAK8THi:7:concurrency'],
    ['segmentation', 'glasnostic:YegltGN8vgAK8THi:SEGMENTATION:segmentation-denied'],
  ])('the sample %s', (name, key) => {
    expect(dedupKey(eventOf(sample(name)))).toBe(key);
  });

  test('an event about an environment as a whole', () => {
    expect(dedupKey(eventOf({ type: 'EVENT', environment: { id: 1 } }))).toBe(
      'glasnostic:1:environment:event',
    );
  });

  test('a number and its text are the same ID', () => {
    const [text, number] = ['4', 4].map((id) => dedupKey(eventOf(thresholdBody({ view: { id } }))));
    expect(text).toBe(number);
  });

  test('two views with names and without IDs are two incidents, and none is that of a view ID', () => {
    const keys = [
      { name: 'Shop' },
      { name: '4' },
      { id: '4', name: 'Shop' },
      { id: 'name=Shop' },
    ].map((view) => dedupKey(eventOf(thresholdBody({ view }))));
    expect(keys).toEqual([
      'glasnostic:YegltGN8vgAK8THi:name=Shop:requests',
      'glasnostic:YegltGN8vgAK8THi:name=4:requests',
      'glasnostic:YegltGN8vgAK8THi:4:requests',
      'glasnostic:YegltGN8vgAK8THi:name%25=Shop:requests',
    ]);
  });

  test('an incident does not depend on value, threshold, time, names or webhook', () => {
    const other = thresholdBody({
      environment: { id: 'YegltGN8vgAK8THi', name: 'Renamed' },
      view: { id: '4', name: 'Renamed too' },
      content: { metric: 'requests', value: 5, threshold: 1, unit: 'x' },
      webhook: { id: 77, url: 'https://other' },
      time: '2030-01-01T00:00:00Z',
    });
    expect(dedupKey(eventOf(other))).toBe(dedupKey(base));
  });

  test('a separator in a part is escaped, so that one part cannot look like two', () => {
    expect(dedupKey(withView({ environment: 'a:b', subject: '50%', what: 'x\n' }))).toBe(
      'glasnostic:a%3ab:50%25:x%0a',
    );
  });
});

describe('a dedup key is at most 255 characters', () => {
  const prefix = 'glasnostic:e::requests'.length;

  test('unchanged up to 255', () => {
    const subject = 'v'.repeat(255 - prefix);
    expect(dedupKey(withView({ environment: 'e', subject, what: 'requests' }))).toBe(
      `glasnostic:e:${subject}:requests`,
    );
  });

  test('replaced with its SHA-256 above', () => {
    const subject = 'v'.repeat(256 - prefix);
    expect(dedupKey(withView({ environment: 'e', subject, what: 'requests' }))).toBe(
      createHash('sha256').update(`glasnostic:e:${subject}:requests`).digest('hex'),
    );
  });

  test('counted after escaping', () => {
    const key = dedupKey(
      withView({ environment: 'e', subject: ':'.repeat(100), what: 'requests' }),
    );
    expect(key).toMatch(/^[0-9a-f]{64}$/);
  });
});

// Short parts of few characters, so that near misses are common, and any others.
const part = fc.oneof(
  fc.string({
    unit: fc.constantFrom('a', ':', '%', '3', '\n', '\0', '\uD800', 'd', '0'),
    maxLength: 4,
  }),
  anyText,
  fc.integer({ min: 230, max: 260 }).map((length) => 'v'.repeat(length)),
);
const triple = fc.record({ environment: part, subject: part, what: part });

/** Two triples that have some of their parts in common, or all. */
const pair = fc
  .tuple(triple, triple, fc.constantFrom(0, 1, 2, 3))
  .map(([a, b, common]): [Triple, Triple] => {
    const parts = Object.entries(a).slice(0, common);
    return [a, { ...b, ...Object.fromEntries(parts) }];
  });

test('events of different incidents have different keys, of one incident the same', () => {
  fc.assert(
    fc.property(pair, ([a, b]) => {
      const isSame =
        a.environment === b.environment && a.subject === b.subject && a.what === b.what;
      expect(dedupKey(withView(a)) === dedupKey(withView(b))).toBe(isSame);
      expect(dedupKey(withDomain(a)) === dedupKey(withDomain(b))).toBe(isSame);
    }),
    RUNS,
  );
});

test('moving a character to the next part gives another key', () => {
  fc.assert(
    fc.property(
      triple,
      fc.constantFrom(':', '%', 'a', '%3a'),
      ({ environment, subject, what }, char) => {
        const left = withView({ environment: environment + char, subject, what });
        const right = withView({ environment, subject: char + subject, what });
        expect(dedupKey(left)).not.toBe(dedupKey(right));
      },
    ),
    RUNS,
  );
});

test('every key is printable and within the limit of PagerDuty', () => {
  fc.assert(
    fc.property(triple, (parts) => {
      const key = dedupKey(withView(parts));
      expect(key).toMatch(/^[^\p{Cc}\p{Cs}]{1,255}$/u);
    }),
    RUNS,
  );
});

test('the parts can be read from a key, unless it is a hash', () => {
  fc.assert(
    fc.property(triple, oneIn(3, fc.constantFrom(...SEVERITIES)), (parts, step) => {
      const { environment, subject, what } = parts;
      const key = dedupKey(withView(parts), step);
      const isHash = /^[0-9a-f]{64}$/.test(key);
      expect(readDedupKey(key)).toEqual(
        isHash
          ? undefined
          : { environment, view: viewIdentity({ id: subject }), metric: what, step },
      );
    }),
    RUNS,
  );
  for (const other of ['', 'glasnostic:a:b', 'glasnostic:a:b:c:d', 'other:a:b:c']) {
    expect(readDedupKey(other)).toBeUndefined();
  }
});
