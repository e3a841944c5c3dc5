import { accounting, delay, drained, postAtRate } from '../../../testkit/scenario.ts';
import type { Incident } from '../../../local/pagerduty/incidents.ts';
import { callsOf, type Contestant, eventOf, viewOf } from '../contestant.ts';
import { countText, type Load, names } from '../load.ts';

const VIEWS = names('storm', 10);
const EVENTS = 10_000;
const PER_SECOND = 500;
/** Limit for the last update of this bridge, seconds. */
const DRAINED = 150;
/** Alertmanager notifies within its group wait. */
const GROUP_WAIT = 35;
/** Incidents that are kept for the report. */
const SHOWN = 5;

function* events(): Iterable<object> {
  for (let n = 0; n < EVENTS; n += 1)
    yield eventOf('a', VIEWS[n % VIEWS.length] ?? '', 31 + (n % 13));
}

/**
 * Events that neither reached PagerDuty nor are deduplicated into one that did.
 *
 * @throws Error when this bridge lost an accepted event
 */
async function lostEvents({ bridge }: Contestant, accepted: number): Promise<number> {
  if (bridge === undefined) return EVENTS - accepted;
  await drained(bridge, DRAINED);
  const { lost, deadLettered } = await accounting(bridge);
  if (lost !== 0) throw new Error(`${lost} accepted events are not accounted for.`);
  return EVENTS - accepted + deadLettered;
}

/** An incident as the stand-in received it. */
function shown({ number, summary, severity, source, dedupKey, details, openedAt }: Incident) {
  return { number, summary, severity, source, dedupKey, details, openedAt };
}

/** A storm. The systems post it one after the other, because the machine has few processors. */
export const storm: Load = {
  id: 'storm',
  views: { a: VIEWS },
  run: async (contestant, turn) => {
    const { standIn, id } = contestant;
    const answers = await turn(async () => postAtRate(contestant, events(), PER_SECOND));
    const accepted = answers
      .filter(({ status }) => status >= 200 && status < 300)
      .reduce((sum, answer) => sum + answer.count, 0);
    if (id.endsWith('lertmanager')) await delay(GROUP_WAIT * 1000);
    const lost = await lostEvents(contestant, accepted);
    const incidents = standIn
      .incidents()
      .filter((one) => viewOf(one)?.startsWith('storm') === true);
    const calls = callsOf(standIn, 'a').length;
    return {
      cells: [`${incidents.length} incidents, ${countText(calls)} calls, ${countText(lost)} lost`],
      figures: {
        answers,
        statuses: standIn.callCounts(),
        calls,
        incidents: incidents.length,
        first: incidents.slice(0, SHOWN).map(shown),
      },
    };
  },
};
