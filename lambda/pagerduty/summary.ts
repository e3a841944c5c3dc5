import type { GlasnosticEvent } from '../glasnostic/event.ts';
import { cut, isVisible, oneLine } from '../shared/text.ts';
import { LIMITS } from './event.ts';

/** The alert's summary: the subject and what happened, on one line. */
export function summaryOf(event: GlasnosticEvent): string {
  const mark = event.isTest === true ? 'TEST, no action needed: ' : '';
  return cut(oneLine(`${mark}${subjectOf(event)}: ${describe(event)}`), LIMITS.summary);
}

/** Name of what the event is about: of its view, else of its environment. Never blank. */
export function subjectOf(event: GlasnosticEvent): string {
  const candidates = [event.view?.name, event.environment.name, event.environment.id];
  for (const candidate of candidates) {
    if (candidate !== undefined && isVisible(candidate)) return oneLine(candidate);
  }
  // The ID has no visible character either.
  return 'Glasnostic';
}

/** A clause that says what happened, such as `requests 42 r/s exceeded threshold 30 r/s`. */
function describe(event: GlasnosticEvent): string {
  const metric = event.metric ?? 'metric';
  const value = formatValue(event.value, event.unit);
  const threshold = formatValue(event.threshold, event.unit);
  const bound = (name: string): string =>
    threshold === '' ? `its ${name}` : `${name}${threshold}`;
  switch (event.kind) {
    case 'threshold-exceeded':
      return `${metric}${value} exceeded ${bound('threshold')}`;
    case 'limit-reached':
      return `${metric}${value} reached ${bound('limit')}`;
    case 'segmentation-denied':
      return `${connectionOf(event)} denied`;
    case 'event':
      return [
        `Glasnostic event${event.domain === undefined ? '' : ` of domain ${event.domain}`}`,
        ...(event.metric === undefined ? [] : [`${metric}${value}`]),
      ].join(', ');
  }
}

function formatValue(value: number | undefined, unit: string | undefined): string {
  if (value === undefined) return '';
  // Six significant digits are enough to read. Whole numbers keep all their digits.
  const shown = Number.isInteger(value) ? value : Number(value.toPrecision(6));
  return unit === undefined ? ` ${shown}` : ` ${shown} ${unit}`;
}

/** A denied connection with its source and destination, if the content has both. */
function connectionOf(event: GlasnosticEvent): string {
  const { source, destination } = event.content;
  return typeof source === 'string' && typeof destination === 'string'
    ? `connection from ${source} to ${destination}`
    : 'connection';
}
