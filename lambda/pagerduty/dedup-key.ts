import { createHash } from 'node:crypto';

import type { GlasnosticEvent } from '../glasnostic/event.ts';
import { LIMITS } from './event.ts';

// What separates the parts, what escapes it, and what PagerDuty may not keep as it is.
const ESCAPED = /[%:\p{Cc}\p{Cs}]/gu;

/** Keeps parts apart whatever they contain, and leaves the IDs that Glasnostic makes as they are. */
function escapePart(part: string): string {
  return part.replace(ESCAPED, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/**
 * The key of the incident that an event belongs to: its environment, its view (or domain), its
 * metric (or kind). Events of one incident have one key, events of different incidents never.
 */
export function dedupKey(event: GlasnosticEvent): string {
  const parts = [
    event.environment.id,
    event.view?.id ?? event.domain ?? 'environment',
    event.metric ?? event.kind,
  ];
  const key = `glasnostic:${parts.map(escapePart).join(':')}`;
  return key.length <= LIMITS.dedupKey ? key : createHash('sha256').update(key).digest('hex');
}
