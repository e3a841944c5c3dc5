/** Configuration of Alertmanager in the comparison. */

import { environmentOf, KEYS, SERVICES } from './contestant.ts';

/** When Alertmanager notifies of a group. */
export interface GroupTimes {
  /** `group_wait`: from the first alert of a group to its first notification. */
  readonly wait: string;
  /** `group_interval`: between two notifications of a group that has changed. */
  readonly interval: string;
}

/** https://prometheus.io/docs/alerting/latest/configuration/#route */
export const DEFAULT_TIMES: GroupTimes = { wait: '30s', interval: '5m' };

/** Shorter times, for sooner pages. */
export const FAST_TIMES: GroupTimes = { wait: '10s', interval: '1m' };

/** Sets `$s` to the highest severity of the alerts that fire. */
const HIGHEST = [
  '{{ $s := "info" }}{{ range .Alerts.Firing }}{{ $l := .Labels.severity }}',
  '{{ if eq $l "critical" }}{{ $s = "critical" }}',
  '{{ else if and (eq $l "error") (ne $s "critical") }}{{ $s = "error" }}',
  '{{ else if and (eq $l "warning") (eq $s "info") }}{{ $s = "warning" }}',
  '{{ end }}{{ end }}',
].join('');

/** An annotation of the alert with the highest severity. */
function annotation(name: string): string {
  return `${HIGHEST}{{ range .Alerts.Firing }}{{ if eq .Labels.severity $s }}{{ .Annotations.${name} }}{{ end }}{{ end }}`;
}

/**
 * The configuration as JSON, which is YAML too. All other settings are Alertmanager's defaults:
 * `resolve_timeout` is 5 min, `repeat_interval` 4 h, and PagerDuty gets resolves.
 *
 * @param pagerDutyUrl base URL
 */
export function alertmanagerConfig({ wait, interval }: GroupTimes, pagerDutyUrl: string): string {
  return JSON.stringify({
    route: {
      receiver: SERVICES[0],
      group_by: ['alertname', 'view'],
      group_wait: wait,
      group_interval: interval,
      routes: SERVICES.map((service) => ({
        receiver: service,
        matchers: [`environment="${environmentOf(service)}"`],
      })),
    },
    receivers: SERVICES.map((service) => ({
      name: service,
      pagerduty_configs: [
        {
          routing_key: KEYS[service],
          url: `${pagerDutyUrl}/v2/enqueue`,
          description: annotation('summary'),
          severity: `${HIGHEST}{{ $s }}`,
          details: { value: annotation('value') },
        },
      ],
    })),
  });
}
