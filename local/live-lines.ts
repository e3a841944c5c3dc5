/** What `npm start` prints after `ready`: a line per incident, refusal, failure and resolve. */

import type { JsonObject } from '../lambda/shared/json.ts';
import type { LogLine } from './lambda/journal.ts';

/** A log line as text for a person; `undefined` for what needs none. */
export type Describe = (line: Pick<LogLine, 'fields'>) => string | undefined;

/** Width of the first word. */
const WORD = 8;

function text(fields: JsonObject, name: string): string {
  const value = fields[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function line(word: string, ...parts: readonly string[]): string {
  return `${word.padEnd(WORD)}  ${parts.filter((part) => part !== '').join(': ')}`;
}

/**
 * Makes a function that describes the log lines of a bridge, one by one. It remembers the open
 * incidents, because only the first accepted call opens one.
 *
 * @param summaryOf the summary of an incident by its dedup key; `undefined` if it is not known
 */
export function describeLines(summaryOf: (dedupKey: string) => string | undefined): Describe {
  const open = new Set<string>();
  return ({ fields = {} }) => {
    const dedupKey = text(fields, 'dedup_key');
    const about = summaryOf(dedupKey) ?? dedupKey;
    const detail = text(fields, 'detail') || text(fields, 'status');
    switch (fields['message']) {
      case 'PagerDuty accepted an event': {
        if (open.has(dedupKey)) return undefined;
        open.add(dedupKey);
        return line('opened', about);
      }
      case 'Incident resolved':
        open.delete(dedupKey);
        return line('resolved', about);
      case 'A PagerDuty call failed and will be retried':
      case 'A resolve failed and will be retried':
        return line('failed', detail, `${dedupKey}; tried again`);
      case 'PagerDuty refused an event':
      case 'PagerDuty refused to resolve an incident':
        return line('refused', `by PagerDuty: ${detail}`, dedupKey);
      case 'An event became a dead letter':
        return line('dead', text(fields, 'reason'), text(fields, 'detail'), about);
      case 'Request refused':
        return line('refused', `by the webhook: ${text(fields, 'status')}`, text(fields, 'reason'));
      default:
        return undefined;
    }
  };
}
