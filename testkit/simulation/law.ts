import { deduplicationWindowOf } from '../../lambda/shared/delivery-settings.ts';
import { SEVERITIES, type Severity } from '../../lambda/shared/routes.ts';
import type { SimulatedEvent, Simulation } from './simulate.ts';
import type { SeenCall } from './pagerduty.ts';

/** Subject of an event as PagerDuty sees it. A key that was replaced is still the service's. */
function subjectOf(service: string, view: number, isLimit: boolean): string {
  return `${service} ${view} ${isLimit}`;
}

function eventSubject({ service, view, isLimit = false }: SimulatedEvent): string {
  return subjectOf(service, view, isLimit);
}

function callSubject({ dedupKey, kind }: SeenCall): string {
  const [, service = '', view = ''] = dedupKey.split(':');
  return subjectOf(service, Number(view), kind === 'limit-reached');
}

function urgency(severity: Severity | undefined): number {
  return severity === undefined ? -1 : SEVERITIES.indexOf(severity);
}

/**
 * The events of a simulation that break the law. It says: every accepted event is followed by an
 * accepted call about its subject, at no lower severity, or its subject has a dead letter that was
 * accepted at most the deduplication window before the event.
 *
 * @returns a sentence for each violation
 */
export function lawViolations(simulation: Simulation): readonly string[] {
  const { events, calls, deadLetters, originalOf, settings } = simulation;
  const window = deduplicationWindowOf(settings);
  const accepted = Map.groupBy(
    calls.filter(({ outcome, action }) => outcome === 'delivered' && action === 'trigger'),
    callSubject,
  );
  const dead = Map.groupBy(
    deadLetters.flatMap(({ id }) => events.get(originalOf(id)) ?? []),
    eventSubject,
  );
  return [...events.values()].flatMap((event) => {
    const subject = eventSubject(event);
    const { acceptedAt, severity = 'warning' } = event;
    const isSaid = accepted
      .get(subject)
      ?.some((call) => call.at >= acceptedAt && urgency(call.severity) >= urgency(severity));
    const isDead = dead
      .get(subject)
      ?.some((deadLetter) => acceptedAt <= deadLetter.acceptedAt + window);
    return isSaid === true || isDead === true
      ? []
      : [`${event.id} (${subject}, ${severity}, accepted at ${event.at} ms) is not heard of`];
  });
}

/**
 * Accepted calls of one instance that say a lower severity than an event of the same incident had,
 * in a call of this instance less than 30 update intervals before.
 */
export function severityViolations({ calls, settings }: Simulation): readonly string[] {
  const window = 30 * settings.updateIntervalSeconds * 1000;
  const byIncident = Map.groupBy(
    calls.filter(({ outcome, action }) => outcome === 'delivered' && action === 'trigger'),
    ({ instance, key, dedupKey }) => `${instance} ${key} ${dedupKey}`,
  );
  return [...byIncident].flatMap(([incident, own]) =>
    own
      .filter((call) =>
        own.some(
          (before) =>
            before.isOwnSeverity &&
            before.endedAt <= call.at &&
            call.at - before.at < window &&
            urgency(call.severity) < urgency(before.severity),
        ),
      )
      .map(({ severity }) => `${incident}: falls to ${severity}`),
  );
}

/** Events that did not end, or ended more than once, counted by their original message. */
export function endViolations({ events, ends, originalOf }: Simulation): readonly string[] {
  const counts = new Map<string, number>();
  for (const { id, kind } of ends) {
    // A dead letter that was replayed ends again.
    if (kind === 'deadLetter') continue;
    counts.set(originalOf(id), (counts.get(originalOf(id)) ?? 0) + 1);
  }
  return [...counts].flatMap(([id, count]) =>
    count > 1 && events.has(id) ? [`${id} ended ${count} times`] : [],
  );
}

/** Most calls of one key within any 60 s, over all instances. */
export function mostCallsPerMinute(calls: readonly SeenCall[]): number {
  let most = 0;
  for (const own of Map.groupBy(calls, ({ key }) => key).values()) {
    const times = own.map(({ at }) => at).toSorted((a, b) => a - b);
    let first = 0;
    for (const [index, time] of times.entries()) {
      while ((times[first] ?? time) <= time - 60_000) first += 1;
      most = Math.max(most, index - first + 1);
    }
  }
  return most;
}
