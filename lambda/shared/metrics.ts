/** CloudWatch namespace of the bridge's own metrics. */
export const METRIC_NAMESPACE = 'GlasnosticPagerDuty';

/** Dimension of every metric: the stage's name. */
export const METRIC_DIMENSION = 'Stage';

/**
 * The bridge's own metrics and their CloudWatch units. The first four are the law of conservation:
 * accepted = delivered + deduplicated + dead-lettered + what is still in the queue.
 */
export const METRICS = {
  /** Events answered 202. */
  EventsAccepted: 'Count',
  /** Events that spoke in a call that PagerDuty accepted. */
  EventsDelivered: 'Count',
  /** Events that another one of their incident stood for. */
  EventsDeduplicated: 'Count',
  /** Events that went to the dead-letter queue, with their reason. */
  EventsDeadLettered: 'Count',
  /** Events answered 404 because no route takes them. */
  EventsUnrouted: 'Count',
  /** Requests answered 401. */
  RequestsUnauthorized: 'Count',
  /** From accepting an event to telling PagerDuty, the longest of a call. */
  DeliveryDelay: 'Milliseconds',
  /** Calls that PagerDuty refused. */
  PagerDutyRefused: 'Count',
  /** Calls that PagerDuty throttled or that did not reach it. */
  PagerDutyUnavailable: 'Count',
  /** Events that wait because the integration key of their service is missing. */
  IntegrationKeyMissing: 'Count',
} as const;

/** Name of one of {@link METRICS}. */
export type MetricName = keyof typeof METRICS;

function isMetricName(name: string): name is MetricName {
  return Object.hasOwn(METRICS, name);
}

/** Values to publish; one that is absent, zero or empty is left out. */
export type MetricValues = Readonly<Partial<Record<MetricName, number | readonly number[]>>>;

/** CloudWatch takes at most 100 values of a metric in one line. */
const MAX_VALUES = 100;

/**
 * Fields that make a log line carry metrics, so that counting costs no call and no second line.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 *
 * @returns fields for the top level of a JSON log line; none when there is nothing to count
 */
export function metricFields(
  stage: string,
  values: MetricValues,
  now: number,
): Readonly<Record<string, unknown>> {
  const names = Object.keys(METRICS)
    .filter(isMetricName)
    .filter((name) => {
      const value = values[name] ?? 0;
      return typeof value === 'number' ? value !== 0 : value.length > 0;
    });
  if (names.length === 0) return {};
  return {
    _aws: {
      Timestamp: now,
      CloudWatchMetrics: [
        {
          Namespace: METRIC_NAMESPACE,
          Dimensions: [[METRIC_DIMENSION]],
          Metrics: names.map((name) => ({ Name: name, Unit: METRICS[name] })),
        },
      ],
    },
    [METRIC_DIMENSION]: stage,
    ...Object.fromEntries(names.map((name) => [name, largestValues(values[name] ?? 0)])),
  };
}

/** Keeps the largest values: the ones that alarms and percentiles of lateness look at. */
function largestValues(value: number | readonly number[]): number | readonly number[] {
  if (typeof value === 'number' || value.length <= MAX_VALUES) return value;
  return value.toSorted((a, b) => b - a).slice(0, MAX_VALUES);
}
