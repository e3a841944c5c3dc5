/** Rules about events that do not get in. Pure. */

import { type Counter, lastOf, type Point, sumOf } from './counters.ts';
import {
  alarmSince,
  type Finding,
  type Known,
  plural,
  RECENT_MINUTES,
  type Rule,
  timeText,
} from './facts.ts';

const MINUTE = 60_000;

/** Requests with a wrong token from which they may be Glasnostic's. Scanners make some. */
const MANY_UNAUTHORIZED = 5;

/** What keeps requests out. */
interface Obstacle {
  readonly counter: Counter;
  /** Fewest requests that count. */
  readonly least: number;
  /** What happened to the requests: `3 requests were ...`. */
  readonly happened: string;
  readonly help: string;
  /** Its alarm, which can know before the figures do. */
  readonly alarm: string;
}

const OBSTACLES: readonly Obstacle[] = [
  {
    counter: 'serverErrors',
    least: 1,
    happened: 'answered 5xx',
    help: 'See docs/runbook.md#ingest-server-errors',
    alarm: 'IngestServerErrors',
  },
  {
    counter: 'throttled',
    least: 1,
    happened: 'answered 429: only the sender still has them',
    help: 'See docs/runbook.md#throttled-requests',
    alarm: 'ThrottledRequests',
  },
  {
    counter: 'requestsRefused',
    least: 1,
    happened: 'refused as unreadable (400, 413 or 422)',
    help: 'See docs/runbook.md#refused-events',
    alarm: 'RefusedEvents',
  },
  {
    counter: 'unauthorized',
    least: MANY_UNAUTHORIZED,
    happened: 'answered 401, because the token is wrong',
    help: 'See docs/runbook.md#unauthorized-requests',
    alarm: 'UnauthorizedRequests',
  },
  {
    counter: 'unrouted',
    least: 1,
    happened: 'answered 404, because no route matches',
    help: 'See docs/runbook.md#unrouted-events',
    alarm: 'UnroutedEvents',
  },
];

/** Requests in a row from which nothing gets in; one alone may be a test by hand. */
const MANY_IN_A_ROW = 2;

/** Time without an accepted event after which nothing gets in, if some did between the others. */
const WITHOUT_ACCEPTED = 5 * MINUTE;

/** Requests that an obstacle keeps out. */
interface KeptOut {
  readonly count: number;
  /** When the first of them came, milliseconds since 1970. */
  readonly since: number;
  /** No event was accepted since. */
  readonly isAll: boolean;
  /** Some events were accepted recently. */
  readonly othersGotIn: boolean;
}

function keptOut({ counter, least }: Obstacle, points: readonly Point[], now: number) {
  const from = now - RECENT_MINUTES * MINUTE;
  const recent = sumOf(points, counter, from);
  if (recent < least) return undefined;
  const accepted = lastOf(points, 'accepted') ?? -Infinity;
  const inARow = points.filter((point) => point.at > accepted && point[counter] > 0);
  const count = sumOf(inARow, counter);
  const isMixed = points.some(
    ({ at, [counter]: value }) => value > 0 && at >= from && at <= accepted,
  );
  const isAll =
    count >= Math.max(least, MANY_IN_A_ROW) && (!isMixed || now - accepted >= WITHOUT_ACCEPTED);
  return {
    count: isAll ? count : recent,
    since: inARow[0]?.at ?? now,
    isAll,
    othersGotIn: accepted >= from,
  } satisfies KeptOut;
}

function alarmed(obstacle: Obstacle, known: Known): Finding | undefined {
  const since = alarmSince(known, obstacle.alarm);
  const accepted = lastOf(known.points, 'accepted');
  // A request that gets a 5xx says that others get one too; those of the other alarms do not.
  if (obstacle.alarm !== 'IngestServerErrors' || since === undefined) return undefined;
  if (accepted !== undefined && accepted >= since - MINUTE) return undefined;
  const when = Number.isFinite(since) ? ` since ${timeText(since, known.now)}` : '';
  const reason = `nothing gets in. Alarm ${obstacle.alarm}${when}`;
  return {
    topic: 'ingest',
    answer: 'no',
    sentence: `${reason}. ${obstacle.help}`,
    also: reason,
    alarms: [obstacle.alarm],
  };
}

function ruleOf(obstacle: Obstacle): Rule {
  return (known) => {
    const { points, now } = known;
    const kept = keptOut(obstacle, points, now);
    if (kept === undefined) return alarmed(obstacle, known);
    const common = { topic: 'ingest', alarms: [obstacle.alarm] } as const;
    const requests = `${plural(kept.count, 'request was', 'requests were')} ${obstacle.happened}`;
    if (kept.isAll) {
      const reason = `nothing gets in since ${timeText(kept.since, now)}: ${requests}`;
      return { ...common, answer: 'no', sentence: `${reason}. ${obstacle.help}`, also: reason };
    }
    const reason = `${requests}, in the last ${RECENT_MINUTES} min`;
    const others = kept.othersGotIn ? '; others got in' : '';
    const sentence = `${reason}${others}. ${obstacle.help}`;
    return { ...common, answer: 'partly', sentence, also: reason };
  };
}

/** Something of an unknown type is ignored. */
const ignoredByType: Rule = ({ points, now }) => {
  const from = now - RECENT_MINUTES * MINUTE;
  const count = sumOf(points, 'ignoredByType', from);
  if (count === 0) return undefined;
  const reason = `${plural(count, 'request')} of an unknown type ${count === 1 ? 'was' : 'were'} ignored in the last ${RECENT_MINUTES} min`;
  const sentence = `${reason}. See docs/runbook.md#unknown-types`;
  return { topic: 'types', answer: 'partly', sentence, also: reason, alarms: ['UnknownTypes'] };
};

/** The rules, in the order of their weight. */
export const INGEST_RULES: readonly Rule[] = [...OBSTACLES.map(ruleOf), ignoredByType];
