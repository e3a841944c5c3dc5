import { createHash } from 'node:crypto';

import { type GlasnosticEvent, viewIdentity } from '../glasnostic/event.ts';
import { SEVERITIES, type Severity, type SeverityRule } from '../shared/routes.ts';
import { LIMITS } from './event.ts';
import { stepsReached } from './severity.ts';

/** Control characters and lone surrogates are escaped because PagerDuty may change them. */
const ESCAPED = /[\p{Cc}\p{Cs}]/gu;

/**
 * The dedup key of an event: its environment, its view (or domain), and its metric (or kind).
 * PagerDuty groups events with the same dedup key into one incident. A key over PagerDuty's limit
 * is replaced with its SHA-256 hash.
 * https://developer.pagerduty.com/docs/send-alert-event
 *
 * The key of a test begins with `glasnostic-test:`, so that no resolve of a test ends an incident of
 * the view, and no event of the view is deduplicated into a test.
 *
 * @param step severity of the step that gives the event an incident of its own; the last part of the
 *   key. Without it the key is that of the view's first incident.
 */
export function dedupKey(event: GlasnosticEvent, step?: Severity): string {
  const parts = [
    event.environment.id,
    viewIdentity(event.view ?? { id: event.domain ?? 'environment' }),
    event.metric ?? event.kind,
    ...(step === undefined ? [] : [step]),
  ];
  const prefix = event.isTest === true ? 'glasnostic-test' : 'glasnostic';
  const key = `${prefix}:${parts.map(escapePart).join(':')}`;
  return key.length <= LIMITS.dedupKey ? key : createHash('sha256').update(key).digest('hex');
}

/**
 * The dedup keys of the incidents of an event: first its own, then those of the lower steps, the
 * most urgent first. There is one for each step with `ownIncident` that the event has reached, and
 * the key without a step. A test has one key, whatever its value. While an event of a higher step
 * comes, the lower incidents are not over.
 *
 * @param ratio see `ratioOf`
 * @param rule severity of the event's route
 */
export function dedupKeysUpTo(
  event: GlasnosticEvent,
  ratio: number | undefined,
  rule: SeverityRule | undefined,
): readonly [own: string, ...lower: string[]] {
  const steps = (event.isTest === true ? [] : stepsReached(ratio, rule))
    .filter(({ ownIncident }) => ownIncident === true)
    .map(({ severity }) => dedupKey(event, severity))
    .toReversed();
  const withoutStep = dedupKey(event);
  const [own, ...lower] = steps;
  return own === undefined ? [withoutStep] : [own, ...lower, withoutStep];
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
  /** Identity of the view (`viewIdentity`); else the domain, or `environment`. */
  readonly view: string;
  /** The metric; else the kind of the event. */
  readonly metric: string;
  /** The severity of the step that has an incident of its own. */
  readonly step?: Severity;
}

const ESCAPE = /%(d[89a-f][0-9a-f]{2}|[0-9a-f]{2})/g;

/** Reads the parts of a dedup key; `undefined` if it is a hash, or not a key of {@link dedupKey}. */
export function readDedupKey(key: string): DedupKeyParts | undefined {
  const [prefix, ...escaped] = key.split(':');
  const [environment, view, metric, stepName, ...others] = escaped.map((part) =>
    part.replace(ESCAPE, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
  );
  if (prefix !== 'glasnostic' || others.length > 0) return undefined;
  if (environment === undefined || view === undefined || metric === undefined) return undefined;
  if (stepName === undefined) return { environment, view, metric };
  const step = SEVERITIES.find((severity) => severity === stepName);
  return step === undefined ? undefined : { environment, view, metric, step };
}
