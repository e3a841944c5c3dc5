import type { GlasnosticEvent } from '../glasnostic/event.ts';
import { LIMITS } from './event.ts';

/** An ID as a path segment; half surrogates cannot be encoded. */
function encodeSegment(id: string): string {
  return encodeURIComponent(id.toWellFormed());
}

/**
 * Whether a browser would take an ID for a step in the path, in any spelling: it reads `%2e` as a dot.
 * https://url.spec.whatwg.org/#double-dot-path-segment
 */
function isDotSegment(id: string): boolean {
  return id === '.' || id === '..';
}

/**
 * Where the responder acts: the metrics of the event's view, else its environment.
 *
 * @param consoleUrl base URL of the Glasnostic console, without a slash at the end
 */
export function deepLink(event: GlasnosticEvent, consoleUrl: string): string {
  const ids = [event.environment.id, ...(event.view === undefined ? [] : [event.view.id])];
  const environment = `${consoleUrl}/environments/${encodeSegment(event.environment.id)}`;
  const link =
    event.view === undefined
      ? environment
      : `${environment}/views/${encodeSegment(event.view.id)}/metrics`;
  // Such IDs are not Glasnostic's; the console itself is better than a link that leads elsewhere.
  return link.length <= LIMITS.url && !ids.some(isDotSegment) ? link : consoleUrl;
}
