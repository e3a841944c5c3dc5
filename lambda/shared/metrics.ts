/** CloudWatch namespace of the bridge's own metrics. */
export const METRIC_NAMESPACE = 'GlasnosticPagerDuty';

/** Dimension of every metric: the stage's name. */
export const METRIC_DIMENSION = 'Stage';

/**
 * The bridge's own metrics and their CloudWatch units. The first four account for every event:
 * accepted = delivered + deduplicated + dead-lettered + still in the queue.
 */
export const METRICS = {
  /** Events that ingest answered with 202. */
  EventsAccepted: 'Count',
  /** Events that PagerDuty accepted; one per successful call. */
  EventsDelivered: 'Count',
  /** Events that needed no call of their own, because another event updated their incident. */
  EventsDeduplicated: 'Count',
  /** Events that delivery sent to the dead-letter queue. */
  EventsDeadLettered: 'Count',
  /** Events that ingest answered with 404, because no route matches them. */
  EventsUnrouted: 'Count',
  /** Events that ingest ignored because the matching route says so. No alarm: it is on purpose. */
  EventsIgnoredByRoute: 'Count',
  /** Bodies that ingest ignored because their type is not that of an event. */
  EventsIgnoredByType: 'Count',
  /**
   * Requests that ingest answered with 400, 413 or 422: the sum of the three below. CloudWatch
   * charges an alarm for each of its metrics, so the alarm has only this one.
   */
  RequestsRefused: 'Count',
  /** Requests that ingest answered with 400: the body is not a JSON object in UTF-8. */
  RequestsRefused400: 'Count',
  /** Requests that ingest answered with 413: the body is larger than 256 KiB. */
  RequestsRefused413: 'Count',
  /** Requests that ingest answered with 422: the JSON object names no environment. */
  RequestsRefused422: 'Count',
  /** Requests that ingest answered with 401. */
  RequestsUnauthorized: 'Count',
  /**
   * Time from accepting an event to its delivery; per call, that of the oldest event. Calls that
   * open an incident or raise its severity, not updates, which wait on purpose.
   */
  DeliveryDelay: 'Milliseconds',
  /** Calls that PagerDuty refused. */
  PagerDutyRefused: 'Count',
  /** Calls that PagerDuty throttled (429), failed to answer, or that did not reach it. */
  PagerDutyUnavailable: 'Count',
  /**
   * HTTP status of the calls that PagerDuty refused, throttled or failed to answer; 0 for a call
   * without an answer. `status` names it as the cause.
   */
  FailedCallStatus: 'None',
  /**
   * Events that wait because the integration key of their service is missing or refused, and
   * malformed keys in whose place the last good one is in use.
   */
  IntegrationKeyMissing: 'Count',
  /**
   * Age of the oldest page that waits, or that a batch sent. A level: the alarms take the maximum. An
   * update that waits by design is no page. A level of 0 is not published, because each metric that
   * always has a value costs USD 0.30 per month: {@link METRICS.Ticks} stands for it.
   */
  OldestPage: 'Seconds',
  /** Age of the oldest page that waits because PagerDuty fails or throttles. A level. */
  WaitingForPagerDuty: 'Seconds',
  /**
   * Age of the oldest page that waits because the integration key of its service is missing or
   * refused. A level. At least 1 while an older key is in use because the newer one is malformed.
   */
  WaitingForKey: 'Seconds',
  /** Errors in the bridge itself. The events wait, and are tried again. */
  InternalErrors: 'Count',
  /** Ticks that delivery received: one per minute while delivery works. */
  Ticks: 'Count',
  /** Incidents that the bridge resolves later, if no event comes. */
  IncidentsOpen: 'Count',
  /** Resolves that PagerDuty accepted. */
  IncidentsResolved: 'Count',
  /** Events and operations that could not reach the table of open incidents. */
  TimersFailed: 'Count',
  /**
   * Incidents that stay open: they were due long ago, or PagerDuty has them under a former integration
   * key, with which the bridge cannot resolve them.
   */
  ResolvesOverdue: 'Count',
} as const;

/** Name of a metric in {@link METRICS}. */
export type MetricName = keyof typeof METRICS;

function isMetricName(name: string): name is MetricName {
  return Object.hasOwn(METRICS, name);
}

/** Values to publish. A value that is absent, zero or an empty list is left out. */
export type MetricValues = Readonly<Partial<Record<MetricName, number | readonly number[]>>>;

/**
 * Most values of one metric in one log line: a limit of CloudWatch; source in {@link metricFields}.
 */
const MAX_VALUES = 100;

/**
 * Log fields from which CloudWatch extracts metrics (embedded metric format). They publish metrics
 * without a call, as a part of a log line that is written anyway.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 *
 * @param now milliseconds since 1970
 * @returns fields for the top level of a JSON log line; none when there is nothing to publish
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

/** The largest values: alarms and percentiles of the delay use those. */
function largestValues(value: number | readonly number[]): number | readonly number[] {
  if (typeof value === 'number' || value.length <= MAX_VALUES) return value;
  return value.toSorted((a, b) => b - a).slice(0, MAX_VALUES);
}
