import type { GlasnosticEvent } from '../glasnostic/event.ts';
import { readTime } from '../glasnostic/time.ts';
import { cut, isVisible, oneLine } from '../shared/text.ts';
import { cutDetails, detailsOf, type DetailContext } from './details.ts';
import { LIMITS, type TriggerEvent } from './event.ts';
import { deepLink, runbookUrl } from './links.ts';
import { subjectOf, summaryOf } from './summary.ts';

/** Input of {@link translate} beside the event. */
export interface TranslationContext extends DetailContext {
  readonly integrationKey: string;
  /** Dedup key of the event's incident. */
  readonly dedupKey: string;
  /** Runbook of the event's route, with placeholders. */
  readonly runbook?: string | undefined;
  /** Base URL of the Glasnostic console, without a slash at the end. */
  readonly consoleUrl: string;
}

/**
 * Translates a Glasnostic event into the PagerDuty event that opens or updates its incident. The
 * result keeps PagerDuty's documented rules, whatever the event contains. When it would be too
 * large, `custom_details` loses fields.
 */
export function translate(event: GlasnosticEvent, context: TranslationContext): TriggerEvent {
  const link = deepLink(event, context.consoleUrl);
  const subject = cut(subjectOf(event), LIMITS.text);
  const runbook = context.runbook && runbookUrl(event, context.runbook);
  const time = readTime(event.time);
  const alert = {
    routing_key: context.integrationKey,
    event_action: 'trigger',
    dedup_key: context.dedupKey,
    payload: {
      summary: summaryOf(event),
      source: subject,
      severity: context.severity,
      ...(time === undefined ? {} : { timestamp: new Date(time).toISOString() }),
      ...optionalText('component', event.metric),
      ...optionalText('group', event.environment.name, event.environment.id),
      class: event.kind,
      custom_details: {},
    },
    links: [
      ...(runbook ? [{ href: runbook, text: 'Runbook' }] : []),
      { href: link, text: subject },
    ],
    client: 'Glasnostic',
    client_url: link,
  } as const satisfies TriggerEvent;
  const bytesLeft = LIMITS.bodyBytes - Buffer.byteLength(JSON.stringify(alert));
  return {
    ...alert,
    payload: { ...alert.payload, custom_details: cutDetails(detailsOf(event, context), bytesLeft) },
  };
}

/** An object with one field, the first visible text; an empty object when no text is visible. */
function optionalText<K extends string>(
  name: K,
  ...texts: readonly (string | undefined)[]
): { [P in K]?: string } {
  const field: { [P in K]?: string } = {};
  const text = texts.find((candidate) => isVisible(candidate ?? ''));
  if (text !== undefined) field[name] = cut(oneLine(text), LIMITS.text);
  return field;
}
