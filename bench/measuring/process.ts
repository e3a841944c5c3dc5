/** Memory and processor time of a process, from `/proc` of Linux. */

import { readFileSync } from 'node:fs';

/** Clock ticks per second in `/proc` on every Linux that Node supports. */
const TICKS_PER_SECOND = 100;

/**
 * Peak resident memory of a process.
 *
 * @returns MiB
 * @throws Error when the process or `/proc` does not exist
 */
export function peakMemory(pid: number): number {
  const line = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  if (line === null) throw new Error(`/proc/${pid}/status has no peak memory.`);
  return Number(line[1]) / 1024;
}

/**
 * Processor time of a process until now, including its threads.
 *
 * @returns seconds, to the hundredth
 * @throws Error when the process or `/proc` does not exist
 */
export function cpuSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the command's name, which may contain blanks and brackets.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [fields[11], fields[12]].map(Number);
  return ((user ?? NaN) + (system ?? NaN)) / TICKS_PER_SECOND;
}
