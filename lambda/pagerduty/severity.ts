import type { GlasnosticEvent } from '../glasnostic/event.ts';
import { SEVERITIES, type ServiceRoute, type Severity } from '../shared/routes.ts';

/** What a route without a severity gives its incidents. */
const DEFAULT_SEVERITY: Severity = 'warning';

/** Position of a severity among the others: higher is more urgent. */
export function urgency(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

/** The severity that a route gives an event. */
export function severityOf(
  event: Pick<GlasnosticEvent, 'value' | 'threshold'>,
  rule: ServiceRoute['severity'],
): Severity {
  if (rule === undefined) return DEFAULT_SEVERITY;
  if (typeof rule === 'string') return rule;
  const { value, threshold } = event;
  if (value === undefined || threshold === undefined || threshold <= 0) return rule.default;
  // 0.3 / 0.2 is 1.4999999999999998: a value at a step is on it, whatever binary makes of decimals.
  const ratio = Number((value / threshold).toPrecision(12));
  return rule.over.findLast((step) => ratio >= step.ratio)?.severity ?? rule.default;
}
