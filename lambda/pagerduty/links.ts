import type { GlasnosticEvent } from '../glasnostic/event.ts';
import { LIMITS } from './event.ts';

/** An ID as a path segment; `.` and `..` would change the path, half surrogates cannot be encoded. */
function segment(id: string): string {
  return /^\.{1,2}$/.test(id) ? id.replaceAll('.', '%2E') : encodeURIComponent(id.toWellFormed());
}

/**
 * Where the responder acts: the metrics of the event's view, else its environment.
 *
 * @param consoleUrl base URL of the Glasnostic console, without a slash at the end
 */
export function deepLink(event: GlasnosticEvent, consoleUrl: string): string {
  const environment = `${consoleUrl}/environments/${segment(event.environment.id)}`;
  const link =
    event.view === undefined
      ? environment
      : `${environment}/views/${segment(event.view.id)}/metrics`;
  // Such IDs are not Glasnostic's; the console itself is better than a link that is cut.
  return link.length <= LIMITS.url ? link : consoleUrl;
}
