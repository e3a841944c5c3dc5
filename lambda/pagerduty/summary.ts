import type { GlasnosticEvent } from '../glasnostic/event.ts';
import { LIMITS } from './event.ts';
import { cut, isVisible, oneLine } from '../shared/text.ts';

/** The name people know the subject by: view, else environment, else its ID. Never blank. */
export function subjectOf(event: GlasnosticEvent): string {
  const candidates = [event.view?.name, event.environment.name, event.environment.id];
  for (const candidate of candidates) {
    if (candidate !== undefined && isVisible(candidate)) return oneLine(candidate);
  }
  // An ID that is not blank to Glasnostic, but has nothing to show.
  return 'Glasnostic';
}

function formatValue(value: number | undefined, unit: string | undefined): string {
  if (value === undefined) return '';
  // Six digits of an average say what sixteen say; a whole number stays whole.
  const shown = Number.isInteger(value) ? value : Number(value.toPrecision(6));
  return unit === undefined ? ` ${shown}` : ` ${shown} ${unit}`;
}

/** The two ends of a denied connection, where the content names them. */
function connectionOf(event: GlasnosticEvent): string {
  const { source, destination } = event.content;
  return typeof source === 'string' && typeof destination === 'string'
    ? `connection from ${source} to ${destination}`
    : 'connection';
}

function describe(event: GlasnosticEvent): string {
  const metric = event.metric ?? 'metric';
  const value = formatValue(event.value, event.unit);
  const bound = formatValue(event.threshold, event.unit);
  switch (event.kind) {
    case 'threshold-exceeded':
      return bound === ''
        ? `${metric}${value} exceeded its threshold`
        : `${metric}${value} exceeded threshold${bound}`;
    case 'limit-reached':
      return bound === ''
        ? `${metric}${value} reached its limit`
        : `${metric}${value} reached limit${bound}`;
    case 'segmentation-denied':
      return `${connectionOf(event)} denied`;
    case 'event':
      return `Glasnostic event${event.domain === undefined ? '' : ` of domain ${event.domain}`}`;
  }
}

/** One line for a phone at night: who, what, how bad. */
export function summaryOf(event: GlasnosticEvent): string {
  return cut(oneLine(`${subjectOf(event)}: ${describe(event)}`), LIMITS.summary);
}
