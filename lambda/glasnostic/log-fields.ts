import { cut } from '../shared/text.ts';
import { type GlasnosticEvent, viewIdentity } from './event.ts';

/** Longest text of an event in a log field, in UTF-16 units. An ID may have 250 KB. */
const MAX_LOGGED = 255;

function logged(text: string | undefined): string | undefined {
  return text === undefined ? undefined : cut(text, MAX_LOGGED);
}

/**
 * Log fields that identify what an event is about. A view without an ID is logged as `name=` and its
 * name. Long texts are cut.
 */
export function eventFields({ environment, view, domain, metric }: GlasnosticEvent): {
  readonly environment: string;
  readonly view: string | undefined;
  readonly domain: string | undefined;
  readonly metric: string | undefined;
} {
  return {
    environment: cut(environment.id, MAX_LOGGED),
    view: logged(view && viewIdentity(view)),
    domain: logged(domain),
    metric: logged(metric),
  };
}
