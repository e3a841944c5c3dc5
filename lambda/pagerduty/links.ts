import type { GlasnosticEvent } from '../glasnostic/event.ts';
import { LIMITS } from './event.ts';

/** Encodes an ID as a path segment. `encodeURIComponent` throws on a lone surrogate. */
function encodeSegment(id: string): string {
  return encodeURIComponent(id.toWellFormed());
}

/**
 * True if a browser would resolve an ID as a step in the path. Encoding does not help: a browser
 * reads `%2e` as a dot.
 * https://url.spec.whatwg.org/#double-dot-path-segment
 */
function isDotSegment(id: string): boolean {
  return id === '.' || id === '..';
}

/** The placeholders of a route's `runbook`, each with the event's value. */
const PLACEHOLDERS: Readonly<Record<string, (event: GlasnosticEvent) => string | undefined>> = {
  '{environment}': ({ environment }) => environment.id,
  '{view}': ({ view }) => view?.id ?? view?.name,
  '{metric}': ({ metric }) => metric,
};

/**
 * Fills in the placeholders of a route's `runbook`. A value that the event does not have becomes
 * empty, and so does one that a browser would resolve as a step in the path.
 *
 * @returns `undefined` when the URL would be too long
 */
export function runbookUrl(event: GlasnosticEvent, template: string): string | undefined {
  const url = template.replaceAll(/\{[a-z]+\}/g, (placeholder) => {
    const value = PLACEHOLDERS[placeholder]?.(event) ?? '';
    return isDotSegment(value) ? '' : encodeSegment(value);
  });
  return url.length <= LIMITS.url ? url : undefined;
}

/**
 * The page of the Glasnostic console for an event: the metrics of its view, else its environment,
 * also when only the name of the view is known.
 *
 * @param consoleUrl base URL of the Glasnostic console, without a slash at the end
 */
export function deepLink(event: GlasnosticEvent, consoleUrl: string): string {
  const view = event.view?.id;
  const ids = [event.environment.id, ...(view === undefined ? [] : [view])];
  const environment = `${consoleUrl}/environments/${encodeSegment(event.environment.id)}`;
  const link =
    view === undefined ? environment : `${environment}/views/${encodeSegment(view)}/metrics`;
  // Glasnostic has no IDs like these. The start page is better than a link to a wrong page.
  return link.length <= LIMITS.url && !ids.some(isDotSegment) ? link : consoleUrl;
}
