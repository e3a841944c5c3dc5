import { describe, expect, test } from '@jest/globals';
import { createJournal, KEPT_LINES } from '../../../local/lambda/journal.ts';
import { createMetricSeries } from '../../../local/lambda/metric-series.ts';

function metricLine(values: Record<string, unknown>): string {
  const metrics = Object.keys(values).map((Name) => ({ Name, Unit: 'Count' }));
  const directive = { Namespace: 'N', Dimensions: [['Stage']], Metrics: metrics };
  return JSON.stringify({ _aws: { CloudWatchMetrics: [directive] }, ...values });
}

describe('the journal', () => {
  test('sums the metrics in the lines', () => {
    const journal = createJournal();
    journal.write('f', metricLine({ Delivered: 2, Delay: [10, 20] }));
    journal.write('f', metricLine({ Delivered: 3 }));
    journal.write('f', 'START');
    journal.write('f', '{"Delivered":100}');
    journal.write('f', '{not JSON');
    expect(journal.counters()).toEqual({ Delivered: 5, Delay: 30 });
  });

  test('adds the metrics to a series, by the second, for three hours', () => {
    let now = 1_500;
    const series = createMetricSeries(() => now);
    const journal = createJournal(series);
    journal.write('f', metricLine({ Delivered: 2, Status: [503, 500] }));
    now = 1_999;
    journal.write('f', metricLine({ Delivered: 1, Status: [0] }));
    now = 61_000;
    journal.write('f', metricLine({ Delivered: 4 }));
    const last = { at: 61_000, metrics: { Delivered: { sum: 4, maximum: 4 } } };
    expect(series.points()).toEqual([
      {
        at: 1_000,
        metrics: {
          Delivered: { sum: 3, maximum: 2 },
          Status: { sum: 1_003, maximum: 503 },
        },
      },
      last,
    ]);
    now = 3 * 3_600_000 + 2_000;
    expect(series.points()).toEqual([last]);
  });

  test('calls watchers with each line and its fields', () => {
    const journal = createJournal();
    const seen: unknown[] = [];
    const unwatch = journal.watch(({ functionName, fields }) => seen.push([functionName, fields]));
    journal.write('f', '{"level":"INFO"}');
    unwatch();
    journal.write('f', '{"level":"WARN"}');
    expect(seen).toEqual([['f', { level: 'INFO' }]]);
  });

  test('keeps a limited number of lines, the newest', () => {
    const journal = createJournal();
    const count = 2 * KEPT_LINES + 5;
    for (let line = 1; line <= count; line += 1) journal.write('f', String(line));
    const lines = journal.lines();
    expect(lines.length).toBe(KEPT_LINES);
    expect(lines.at(-1)?.text).toBe(String(count));
  });
});
