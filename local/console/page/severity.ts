/** Colours of severities. */

const SEVERITIES = ['critical', 'error', 'warning', 'info'];

/** The severity whose colour is shown: that of `info` for one that is not known. */
export function toneOf(severity: string | undefined): string {
  return severity !== undefined && SEVERITIES.includes(severity) ? severity : 'info';
}
