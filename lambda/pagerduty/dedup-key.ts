import { createHash } from 'node:crypto';

import type { GlasnosticEvent } from '../glasnostic/event.ts';
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
    event.view?.id ?? event.domain ?? 'environment',
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

/** What an event is about, as its dedup key says it. */
export interface DedupKeyParts {
  /** ID of the environment. */
  readonly environment: string;
  /** ID of the view; else the domain, or `environment`. */
  readonly view: string;
  /** The metric; else the kind of the event. */
  readonly metric: string;
}

const ESCAPE = /%(d[89a-f][0-9a-f]{2}|[0-9a-f]{2})/g;

/** Reads the parts of a dedup key; `undefined` if it is a hash, or not a key of {@link dedupKey}. */
export function readDedupKey(key: string): DedupKeyParts | undefined {
  const [prefix, ...escaped] = key.split(':');
  const [environment, view, metric, ...others] = escaped.map((part) =>
    part.replace(ESCAPE, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
  );
  if (prefix !== 'glasnostic' || others.length > 0) return undefined;
  if (environment === undefined || view === undefined || metric === undefined) return undefined;
  return { environment, view, metric };
}
