import { createHash } from 'node:crypto';

import { type GlasnosticEvent, viewIdentity } from '../glasnostic/event.ts';
import { LIMITS } from './event.ts';

/** Control characters and lone surrogates are escaped because PagerDuty may change them. */
const ESCAPED = /[\p{Cc}\p{Cs}]/gu;

/**
 * The dedup key of an event: its environment, its view (or domain), and its metric (or kind).
 * PagerDuty groups events with the same dedup key into one incident. A key over PagerDuty's limit
 * is replaced with its SHA-256 hash.
 * https://developer.pagerduty.com/docs/send-alert-event
 */
export function dedupKey(event: GlasnosticEvent): string {
  const parts = [
    event.environment.id,
    viewIdentity(event.view ?? { id: event.domain ?? 'environment' }),
    event.metric ?? event.kind,
  ];
  const key = `glasnostic:${parts.map(escapePart).join(':')}`;
  return key.length <= LIMITS.dedupKey ? key : createHash('sha256').update(key).digest('hex');
}

/**
 * Escapes the separator in a part, so that different parts never make equal keys. The escape
 * character goes first. `replaceAll` is ten times as fast as a pattern, and an ID may have 250 KB.
 */
function escapePart(part: string): string {
  return part
    .replaceAll('%', '%25')
    .replaceAll(':', '%3a')
    .replace(ESCAPED, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
