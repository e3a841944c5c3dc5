/** The functions' log lines, and the metrics in them. */

import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';
import { createRecent, type Recent } from '../recent.ts';
import type { MetricSeries } from './metric-series.ts';

/** A line that a function wrote. */
export interface LogLine {
  readonly functionName: string;
  readonly text: string;
  /** The line's fields when it is a JSON object. */
  readonly fields?: JsonObject;
}

/** The functions' lines and metrics since the start. */
export interface Journal {
  readonly write: (functionName: string, text: string) => void;
  /** The last {@link KEPT_LINES} lines, the oldest first. */
  readonly lines: () => readonly LogLine[];
  /** Name of each metric -> the sum of its values. */
  readonly counters: () => Readonly<Record<string, number>>;
  readonly watch: Recent<LogLine>['watch'];
}

/** Number of lines that a journal keeps. */
export const KEPT_LINES = 10_000;

function parseFields(text: string): JsonObject | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function metricNames(fields: JsonObject): string[] {
  const aws = fields['_aws'];
  const directives = isJsonObject(aws) ? aws['CloudWatchMetrics'] : undefined;
  if (!Array.isArray(directives)) return [];
  return directives.flatMap((directive: unknown) => {
    const metrics = isJsonObject(directive) ? directive['Metrics'] : undefined;
    if (!Array.isArray(metrics)) return [];
    return metrics.flatMap((metric: unknown) =>
      isJsonObject(metric) && typeof metric['Name'] === 'string' ? [metric['Name']] : [],
    );
  });
}

/**
 * The metrics of a line in the embedded metric format; none for any other line.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 *
 * @returns name of the metric -> its values in this line
 */
function readMetrics(fields: JsonObject): Map<string, readonly number[]> {
  const names = [...new Set(metricNames(fields))];
  return new Map(names.map((name) => [name, [fields[name]].flat().map(Number)]));
}

/**
 * Makes an empty journal.
 *
 * @param series where the metrics of the lines are added
 */
export function createJournal(series?: Pick<MetricSeries, 'add'>): Journal {
  const recent = createRecent<LogLine>(KEPT_LINES);
  const sums = new Map<string, number>();
  return {
    write: (functionName, text) => {
      const fields = parseFields(text);
      if (fields !== undefined) {
        for (const [name, values] of readMetrics(fields)) {
          sums.set(
            name,
            values.reduce((sum, value) => sum + value, sums.get(name) ?? 0),
          );
          series?.add(name, values);
        }
      }
      recent.add({ functionName, text, ...(fields === undefined ? {} : { fields }) });
    },
    lines: recent.entries,
    counters: () => Object.fromEntries(sums),
    watch: recent.watch,
  };
}
