import type { Log } from './log.ts';

/** Message of the log line that the memory alarm counts; see `lib/function-alarms.ts`. */
export const NEAR_MEMORY_MESSAGE = 'Memory is nearly used up';

/** Share of a function's memory or timeout above which an alarm warns. */
export const NEAR_LIMIT = 0.9;

const MB = 1024 * 1024;

/**
 * Logs a warning when this process uses nearly all the memory of its function. Lambda's own report
 * line has the same number, but its log volume costs more than all lines of the bridge for an
 * event.
 *
 * @param limitMB memory size of the function, MB
 * @param rssBytes resident set size of this process, bytes
 */
export function warnNearMemory(
  log: Log,
  limitMB: number,
  rssBytes = process.memoryUsage.rss(),
): void {
  const rssMB = Math.ceil(rssBytes / MB);
  if (rssMB < Math.floor(limitMB * NEAR_LIMIT)) return;
  log.warn(NEAR_MEMORY_MESSAGE, { memory_mb: rssMB, limit_mb: limitMB });
}
