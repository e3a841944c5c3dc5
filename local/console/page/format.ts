/** Numbers and times as texts. */

const NUMBER = new Intl.NumberFormat('en-US');

/** `12,345`. */
export function formatNumber(value: number): string {
  return NUMBER.format(value);
}

/** `1 event`, `2 events`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatNumber(count)} ${count === 1 ? one : many}`;
}

/** A duration in milliseconds: `0.4 s`, `12 s`, `3 min`, `2 h`. */
export function formatSpan(millis: number): string {
  if (millis < 9_950) return `${(millis / 1000).toFixed(1)} s`;
  const seconds = Math.round(millis / 1000);
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

/** An age: `just now`, `12 s ago`. Times in milliseconds since 1970. */
export function formatAgo(time: number, now: number): string {
  const millis = Math.max(0, now - time);
  return millis < 2_000 ? 'just now' : `${formatSpan(Math.floor(millis / 1000) * 1000)} ago`;
}

/** An age in a list: `12 s`. Times in milliseconds since 1970. */
export function formatAge(time: number, now: number): string {
  return formatSpan(Math.max(0, Math.floor((now - time) / 1_000) * 1_000)).replace('.0', '');
}

/** A time of day: `14:03:22`. `time` in milliseconds since 1970. */
export function formatTime(time: number): string {
  return new Date(time).toLocaleTimeString('en-GB');
}
