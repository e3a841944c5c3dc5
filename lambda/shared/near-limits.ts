import type { Log } from './log.ts';

/** Message of the log lines that the alarm on limits counts; see `lib/alarms.ts`. */
export const NEAR_LIMIT_MESSAGE = 'A limit of the function is nearly reached';

/** Share of a function's memory or timeout above which an alarm warns. */
export const NEAR_LIMIT = 0.9;

const MB = 1024 * 1024;

/** What Lambda says about an invocation. */
interface Limits {
  /** Memory size of the function, MB. */
  readonly memoryLimitInMB: string;
  /** Time until Lambda stops the function, milliseconds. */
  readonly getRemainingTimeInMillis: () => number;
}

/**
 * Logs a warning when this process uses nearly all the memory of its function. Lambda's own report
 * line has the same number, but its log volume costs more than all lines of the bridge for an
 * event.
 *
 * @param limitMB memory size of the function, MB
 * @param rssBytes resident set size of this process, bytes
 */
function warnNearMemory(log: Log, limitMB: number, rssBytes: number): void {
  const rssMB = Math.ceil(rssBytes / MB);
  if (rssMB < Math.floor(limitMB * NEAR_LIMIT)) return;
  log.warn(NEAR_LIMIT_MESSAGE, { memory_mb: rssMB, limit_mb: limitMB });
}

/**
 * Logs a warning when an invocation took nearly all of its time, or uses nearly all of its memory.
 * Both are lines of one message, because CloudWatch charges each alarm and each metric.
 *
 * @param timeout time that the invocation had when it began, milliseconds
 * @param rssBytes resident set size of this process, bytes
 */
export function warnNearLimits(
  log: Log,
  invocation: Limits,
  timeout: number,
  rssBytes = process.memoryUsage.rss(),
): void {
  warnNearMemory(log, Number(invocation.memoryLimitInMB), rssBytes);
  const took = Math.ceil(timeout - invocation.getRemainingTimeInMillis());
  if (took >= timeout * NEAR_LIMIT) {
    log.warn(NEAR_LIMIT_MESSAGE, { duration_ms: took, limit_ms: Math.round(timeout) });
  }
}
