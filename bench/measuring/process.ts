/** What a process took of the machine, as Linux tells it. */

import { readFileSync } from 'node:fs';

/** Clock ticks in a second, as `/proc` counts them on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/**
 * The most memory that a process ever had resident.
 *
 * @returns MiB
 * @throws Error when there is no such process, or the machine has no `/proc`
 */
export function peakMemory(pid: number): number {
  const line = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  if (line === null) throw new Error(`/proc/${pid}/status does not tell the peak memory.`);
  return Number(line[1]) / 1024;
}

/**
 * Processor time that a process used so far, its threads included.
 *
 * @returns seconds, to the hundredth
 * @throws Error when there is no such process, or the machine has no `/proc`
 */
export function cpuSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the command's name, which may hold anything, blanks and brackets included.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [fields[11], fields[12]].map(Number);
  return ((user ?? NaN) + (system ?? NaN)) / TICKS_PER_SECOND;
}
