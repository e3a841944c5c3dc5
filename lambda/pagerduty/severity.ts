import type { GlasnosticEvent } from '../glasnostic/event.ts';
import {
  SEVERITIES,
  type Severity,
  type SeverityRule,
  type SeverityStep,
} from '../shared/routes.ts';

/** Severity of a route that sets none. */
const DEFAULT_SEVERITY: Severity = 'warning';

/** Rank of a severity: 0 is the least urgent. */
export function urgency(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

/**
 * Value divided by threshold; `undefined` if one is missing or the threshold is negative. Any value
 * over a threshold of 0 is infinitely far over it, which is the highest step of a severity.
 */
export function ratioOf({
  value,
  threshold,
}: Pick<GlasnosticEvent, 'value' | 'threshold'>): number | undefined {
  if (value === undefined || threshold === undefined || threshold < 0) return undefined;
  if (threshold === 0) return value > 0 ? Infinity : undefined;
  // 0.3 / 0.2 is 1.4999999999999998, and must reach the step at 1.5.
  return Number((value / threshold).toPrecision(12));
}

/** The steps of a rule that an event has reached, in ascending order. */
export function stepsReached(
  ratio: number | undefined,
  rule: SeverityRule | undefined,
): readonly SeverityStep[] {
  if (typeof rule !== 'object' || ratio === undefined) return [];
  return rule.over.filter((step) => ratio >= step.ratio);
}

/**
 * The severity of an event.
 *
 * @param ratio see {@link ratioOf}
 * @param rule severity of the event's route
 */
export function severityOf(ratio: number | undefined, rule: SeverityRule | undefined): Severity {
  if (rule === undefined) return DEFAULT_SEVERITY;
  if (typeof rule === 'string') return rule;
  return stepsReached(ratio, rule).at(-1)?.severity ?? rule.default;
}
