/** Translates events of Glasnostic to alerts of Alertmanager's API v2. */

import { parseEvent } from '../../lambda/glasnostic/event.ts';
import { summaryOf } from '../../lambda/pagerduty/summary.ts';
import { isJsonObject } from '../../lambda/shared/json.ts';

/** An alert of `POST /api/v2/alerts`. */
export interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The severities of the comparison's stage. */
function severityOf(ratio: number): string {
  if (ratio >= 2) return 'critical';
  return ratio >= 1.5 ? 'error' : 'warning';
}

/**
 * The alert of an event. Severity is a label, as with Prometheus: when it changes, the group changes,
 * and Alertmanager notifies again. The value is an annotation. The alert has no end, so it is
 * resolved `resolve_timeout` after its last event.
 *
 * @throws Error when it is not an event of a view
 */
export function alertOf(body: unknown): Alert {
  const parsed = isJsonObject(body) ? parseEvent(body) : undefined;
  if (parsed?.outcome !== 'event') throw new Error('This is not an event.');
  const { event } = parsed;
  const { view, environment, metric = '', value = 0, threshold = 1 } = event;
  if (view === undefined) throw new Error('The event has no view.');
  return {
    labels: {
      alertname: metric,
      environment: environment.id,
      view: view.id ?? '',
      severity: severityOf(value / threshold),
    },
    annotations: { summary: summaryOf(event), value: String(value) },
  };
}
