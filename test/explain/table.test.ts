import { expect, test } from '@jest/globals';
import { example } from '../../config/example.ts';
import { checkTable, readTable } from '../../explain/table.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');

function table(...rows: readonly object[]): string {
  return rows.map((row) => JSON.stringify(row)).join('\n');
}

/** What differs, as `line: differences`. */
async function differences(...rows: readonly object[]): Promise<readonly string[]> {
  const found = await checkTable(example, readTable(table(...rows)), NOW);
  return found.map(({ line, differences: what }) => `${line}: ${what.join('; ')}`);
}

const view4 = { environment: 'e', view: '4', metric: 'requests', value: 60, threshold: 30 };

test('a table is as expected when every field that it names is', async () => {
  expect(
    await differences(
      { ...view4, service: 'platform', severity: 'critical', answer: 202 },
      { ...view4, dedupKey: 'glasnostic:e:4:requests' },
      { environment: 'e', domain: 'SEGMENTATION', service: 'network', severity: 'info' },
      { event: { type: 'PING' }, answer: 200 },
    ),
  ).toEqual([]);
});

test('what differs is named with its line', async () => {
  expect(
    await differences(
      { ...view4, service: 'platform', severity: 'warning' },
      { ...view4, service: 'platform', severity: 'critical' },
      { event: { type: 'EVENT' }, service: 'platform' },
      { ...view4, answer: 404, dedupKey: 'x' },
    ),
  ).toEqual([
    '1: severity is critical, not warning',
    '3: service is none, not platform',
    '4: dedupKey is glasnostic:e:4:requests, not x; answer is 202, not 404',
  ]);
});

test('every mistake of a table is named with its line, and empty lines are left out', () => {
  const text = [
    table({ ...view4, service: 's' }),
    '',
    '{',
    table({ ...view4, sevrity: 'info' }),
    table({ ...view4, severity: 'high' }),
    table({ view: '4', service: 's' }),
    table(view4),
  ].join('\n');
  expect(() => readTable(text)).toThrow(
    [
      'The table cannot be used:',
      '  line 3: is not JSON',
      '  line 4: sevrity is not a field; did you mean severity?',
      '  line 5: severity is not one of info, warning, error, critical',
      '  line 6: has no environment',
      '  line 7: expects nothing; add one of service, severity, dedupKey, answer',
    ].join('\n'),
  );
  expect(() => readTable('\n')).toThrow('there is no line');
});
