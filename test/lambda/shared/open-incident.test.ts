import { describe, expect, test } from '@jest/globals';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';

import { incidentKeyOf } from '../../../lambda/delivery/subject.ts';
import {
  OPEN_INCIDENT,
  readOpenIncident,
  splitIncidentKey,
  type TableItem,
} from '../../../lambda/shared/open-incident.ts';
import { RUNS } from '../../support/runs.ts';

const ITEM: TableItem = {
  incident: { S: 'shop glasnostic:a:4:requests' },
  due: { N: '1772366400000' },
  opened: { N: '1772364400000' },
  heard: { N: '1772364500000' },
  summary: { S: 'View 4 exceeds a threshold' },
  keyId: { S: '0123abcd' },
  severity: { S: 'error' },
  severityAt: { N: '1772364500001' },
  closing: { N: '1772366400007' },
  resolved: { BOOL: true },
  expires: { N: '1773576000' },
};

const value: fc.Arbitrary<AttributeValue> = fc.oneof<fc.Arbitrary<AttributeValue>[]>(
  fc.record({ S: fc.string() }),
  fc.record({ N: fc.oneof(fc.double().map(String), fc.string(), fc.constant('1772366400000')) }),
  fc.record({ BOOL: fc.boolean() }),
  fc.constant({ NULL: true }),
  fc.constant({ L: [] }),
  fc.constant({ SS: ['x'] }),
);

describe('an item of the table of open incidents', () => {
  test('is read with all of its attributes', () => {
    expect(readOpenIncident(ITEM)).toEqual({
      incidentKey: 'shop glasnostic:a:4:requests',
      due: 1_772_366_400_000,
      opened: 1_772_364_400_000,
      lastEvent: 1_772_364_500_000,
      summary: 'View 4 exceeds a threshold',
      keyId: '0123abcd',
      severity: 'error',
      severityAt: 1_772_364_500_001,
      claimed: 1_772_366_400_007,
      isResolved: true,
    });
  });

  test('needs only its key and when it is due', () => {
    expect(readOpenIncident({ incident: { S: 'shop x' }, due: { N: '7' } })).toEqual({
      incidentKey: 'shop x',
      due: 7,
      lastEvent: 7,
      summary: '',
      isResolved: false,
    });
  });

  test.each([
    { what: 'without a key', item: { due: { N: '7' } } },
    { what: 'with a number as key', item: { incident: { N: '5' }, due: { N: '7' } } },
    { what: 'without a time', item: { incident: { S: 'x' } } },
    { what: 'with a text as time', item: { incident: { S: 'x' }, due: { S: '7' } } },
    { what: 'with no number as time', item: { incident: { S: 'x' }, due: { N: 'soon' } } },
    { what: 'with an infinite time', item: { incident: { S: 'x' }, due: { N: 'Infinity' } } },
  ])('$what is none: another program wrote it', ({ item }) => {
    expect(readOpenIncident(item)).toBeUndefined();
  });

  test('is read or skipped, whatever another program wrote', () => {
    const names = [...Object.values(OPEN_INCIDENT), 'other', '__proto__'];
    const anyItem = fc.dictionary(fc.constantFrom(...names), value);
    let read = 0;
    fc.assert(
      fc.property(anyItem, fc.boolean(), (some, isComplete) => {
        const item = isComplete ? { ...some, incident: { S: 'shop x' }, due: { N: '7' } } : some;
        const incident = readOpenIncident(item);
        if (incident === undefined) return;
        read += 1;
        const { due, lastEvent, incidentKey, summary } = incident;
        expect([due, lastEvent].every(Number.isFinite)).toBe(true);
        expect([typeof incidentKey, typeof summary]).toEqual(['string', 'string']);
      }),
      RUNS,
    );
    expect(read).toBeGreaterThan(20);
  });
});

test('an incident key has the service and the dedup key, which may have blanks', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z0-9-]+$/), fc.string(), (service, dedupKey) => {
      const incidentKey = incidentKeyOf({ service, dedupKey });
      expect(splitIncidentKey(incidentKey)).toEqual({ service, dedupKey });
    }),
    RUNS,
  );
});
