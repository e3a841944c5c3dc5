import type { GlasnosticEvent } from '../glasnostic/event.ts';
import { SEVERITIES, type ServiceRoute, type Severity } from '../shared/routes.ts';

/** What a route without a severity gives its incidents. */
const DEFAULT_SEVERITY: Severity = 'warning';

/** Position of a severity among the others: higher is more urgent. */
export function urgency(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

/** How far an event is over its threshold: value divided by threshold, if it has both. */
export function ratioOf({
  value,
  threshold,
}: Pick<GlasnosticEvent, 'value' | 'threshold'>): number | undefined {
  if (value === undefined || threshold === undefined || threshold <= 0) return undefined;
  // 0.3 / 0.2 is 1.4999999999999998: a value at a step is on it, whatever binary makes of decimals.
  return Number((value / threshold).toPrecision(12));
}

/**
 * The severity that a route gives an event.
 *
 * @param ratio how far it is over its threshold: see {@link ratioOf}
 */
export function severityOf(ratio: number | undefined, rule: ServiceRoute['severity']): Severity {
  if (rule === undefined) return DEFAULT_SEVERITY;
  if (typeof rule === 'string') return rule;
  if (ratio === undefined) return rule.default;
  return rule.over.findLast((step) => ratio >= step.ratio)?.severity ?? rule.default;
}
