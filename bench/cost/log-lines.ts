/** How long the log lines are that AWS writes by itself, from what it documents of them. */

/**
 * What CloudWatch counts for each log event on top of its text.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
 */
const EVENT_OVERHEAD = 26;

/** Bytes that CloudWatch counts for a line. */
export function loggedBytes(line: string): number {
  return Buffer.byteLength(line) + EVENT_OVERHEAD;
}

const TIME = '2026-11-25T12:00:00.000Z';
const REQUEST_ID = '6d68ca91-49c9-448d-89b8-7ca3e6dc66aa';

/** Shapes of what API Gateway puts into an access log. Others count a dozen bytes. */
const CONTEXT: Readonly<Record<string, string>> = {
  requestId: 'JKJaXmPLvHcESHA=',
  requestTime: '25/Nov/2026:12:00:00 +0000',
  'identity.sourceIp': '203.0.113.178',
  routeKey: 'POST /webhook/{token}',
  status: '202',
  responseLatency: '24',
  responseLength: '76',
  integrationLatency: '22',
  'integration.status': '200',
  integrationErrorMessage: '-',
  'error.responseType': '-',
};
const UNKNOWN_VARIABLE = '-'.repeat(12);

/**
 * Bytes of a line of the access log.
 *
 * @param format the format in the template
 */
export function accessLogBytes(format: string): number {
  return loggedBytes(
    format.replaceAll(/\$context\.([A-Za-z.]+)/g, (_, name: string) => {
      return CONTEXT[name] ?? UNKNOWN_VARIABLE;
    }),
  );
}

/** A function as far as it shapes Lambda's own lines. */
export interface PlatformLogging {
  readonly arn: string;
  readonly memoryMB: number;
  /** Level of Lambda's own lines; above INFO there are none for an invocation without failure. */
  readonly systemLogLevel: string;
  readonly isTraced: boolean;
}

/**
 * Bytes of the lines that Lambda writes about one invocation, in the JSON format.
 * https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
 */
export function platformBytes(fn: PlatformLogging): number {
  if (fn.systemLogLevel === 'WARN') return 0;
  const tracing = {
    spanId: '54565fb41ac79632',
    type: 'X-Amzn-Trace-Id',
    value: 'Root=1-62e900b2-710d76f009d6e7785905449a;Parent=0efbd19962d95b05;Sampled=1',
  };
  const traced = fn.isTraced ? { tracing } : {};
  const start = { requestId: REQUEST_ID, functionArn: fn.arn, version: '$LATEST', ...traced };
  const metrics = {
    durationMs: 21.52,
    billedDurationMs: 22,
    memorySizeMB: fn.memoryMB,
    maxMemoryUsedMB: 124,
  };
  const report = { requestId: REQUEST_ID, metrics, ...traced, status: 'success' };
  return (
    loggedBytes(JSON.stringify({ time: TIME, type: 'platform.start', record: start })) +
    loggedBytes(JSON.stringify({ time: TIME, type: 'platform.report', record: report }))
  );
}

/** Bytes of the lines about one invocation in the text format, with one line of the function's own. */
export function textLogBytes(message: string): number {
  return [
    `START RequestId: ${REQUEST_ID} Version: $LATEST\n`,
    `${TIME}\t${REQUEST_ID}\tINFO\t${message}\n`,
    `END RequestId: ${REQUEST_ID}\n`,
    `REPORT RequestId: ${REQUEST_ID}\tDuration: 215.20 ms\tBilled Duration: 216 ms\tMemory Size: 256 MB\tMax Memory Used: 88 MB\t\n`,
  ].reduce((sum, line) => sum + loggedBytes(line), 0);
}
