import type { Log } from './log.ts';

/** Message of the line that the alarm on memory counts; see `lib/function-alarms.ts`. */
export const NEAR_MEMORY_MESSAGE = 'Memory is nearly used up';

/** Share of a function's memory, and of its time-out, from which it gets close. */
export const NEAR_LIMIT = 0.9;

const MB = 1024 * 1024;

/**
 * Says so when this process holds nearly all the memory that its function has. Lambda's own report
 * of an invocation would tell, but costs more than all that the bridge itself logs of an event.
 *
 * @param limitMB what the function has, MB
 * @param used resident set of this process, bytes
 */
export function warnNearMemory(log: Log, limitMB: number, used = process.memoryUsage.rss()): void {
  const memory = Math.ceil(used / MB);
  if (memory < Math.floor(limitMB * NEAR_LIMIT)) return;
  log.warn(NEAR_MEMORY_MESSAGE, { memory_mb: memory, limit_mb: limitMB });
}
