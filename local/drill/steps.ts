/** The drill, step by step. */

import type { Bridge } from '../bridge.ts';
import type { Incident } from '../pagerduty/incidents.ts';
import { accountingErrors } from '../traffic/accounting.ts';
import type { DrillPlan } from './plan.ts';
import type { DrillResult, StepResult } from './report.ts';
import { drillControls, type DrillControls } from './controls.ts';

/** Takes the story, line by line. */
export type Say = (line: string) => void;

/** What a step works with. */
interface Scene {
  readonly plan: DrillPlan;
  readonly hand: DrillControls;
  readonly say: Say;
}

/** A step: acts, tells, and returns what did not happen that should have. */
interface Step {
  readonly name: string;
  readonly title: string;
  readonly act: (scene: Scene) => Promise<readonly string[]>;
}

/** Every so often the story of an outage goes on, milliseconds. */
const TELL_EVERY = 3_000;

function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index + 1}`);
}

/** The incident of a view; the newest when there are several. */
function incidentOf({ standIn }: DrillControls, view: string): Incident | undefined {
  return standIn.incidents().findLast(({ dedupKey }) => dedupKey.split(':')[2] === view);
}

/** Views that nobody was paged about. This is seen from PagerDuty's side, not from the counters. */
function unpaged(hand: DrillControls, views: readonly string[]): readonly string[] {
  const missing = views.filter((view) => incidentOf(hand, view) === undefined);
  return missing.length === 0 ? [] : [`${missing.length} views have no incident.`];
}

function seconds(millis: number): string {
  return `${(millis / 1000).toFixed(1)} s`;
}

const normal: Step = {
  name: 'normal event',
  title: 'One event, on a good day',
  act: async ({ hand, say, plan }) => {
    const begin = performance.now();
    const faults = await hand.send({ events: 1, views: ['checkout'], perSecond: 1 });
    await hand.until(() => incidentOf(hand, 'checkout') !== undefined, plan.resultTimeoutSeconds);
    const incident = incidentOf(hand, 'checkout');
    if (incident === undefined) return [...faults, 'The event opened no incident.'];
    say(`${incident.severity}: ${incident.summary}`);
    say(`PagerDuty had it after ${seconds(performance.now() - begin)}.`);
    return [...faults, ...(await hand.settled(plan.resultTimeoutSeconds))];
  },
};

const storm: Step = {
  name: 'storm',
  title: 'A storm: many events, few incidents',
  act: async ({ hand, say, plan }) => {
    const { events, views: count, perSecond } = plan.storm;
    const views = names('storm', count);
    const before = await hand.accounts();
    say(`${events} events of ${count} views, ${perSecond} a second.`);
    const faults = [
      ...(await hand.send({ events, views, perSecond, value: 65 })),
      ...(await hand.settled(plan.resultTimeoutSeconds)),
      ...unpaged(hand, views),
    ];
    const { calls, deduplicated } = await hand.accounts();
    say(
      `${count} incidents, ${calls - before.calls} calls, ${deduplicated - before.deduplicated} deduplicated.`,
    );
    return faults;
  },
};

const outage: Step = {
  name: 'outage',
  title: 'PagerDuty goes down (503), and events keep coming',
  act: async ({ hand, say, plan }) => {
    const { events, views: count, seconds: length } = plan.outage;
    hand.setMode({ kind: 'down' });
    let done = false;
    const begin = performance.now();
    const before = await hand.accounts();
    const tell = async (): Promise<void> => {
      let told = begin;
      await hand.until(async () => {
        const now = performance.now();
        if (now - told < TELL_EVERY) return done;
        told = now;
        const { waiting, calls } = await hand.accounts();
        say(`${seconds(now - begin)}: ${waiting} wait, ${calls - before.calls} calls tried.`);
        return done;
      }, length * 3);
    };
    const telling = tell();
    const faults = await hand
      .send({ events, views: names('outage', count), perSecond: events / length })
      .finally(() => {
        done = true;
      });
    await telling;
    // Nothing moves but attempts: every event of the outage has to be in the queue.
    const all = await hand.until(async () => {
      const books = await hand.accounts();
      return books.waiting === events && accountingErrors(books).length === 0;
    }, plan.resultTimeoutSeconds);
    const books = await hand.accounts();
    say(`All ${books.waiting} wait; PagerDuty was asked ${books.calls - before.calls} times.`);
    return [
      ...faults,
      ...(all ? [] : [...accountingErrors(books), `${books.waiting} of ${events} wait.`]),
    ];
  },
};

/** The recovery is told when its slowest page is known. */
function recovery(tellSlowest: (millis: number) => void): Step {
  return {
    name: 'recovery',
    title: 'PagerDuty is back',
    act: async ({ hand, say, plan }) => {
      const views = names('outage', plan.outage.views);
      const begin = Date.now();
      hand.setMode({ kind: 'ok' });
      const faults = await hand.settled(plan.resultTimeoutSeconds);
      const missing = unpaged(hand, views);
      const opened = views.flatMap((view) => {
        const incident = incidentOf(hand, view);
        return incident === undefined ? [] : [Date.parse(incident.openedAt) - begin];
      });
      if (missing.length === 0) tellSlowest(Math.max(...opened));
      say(
        `First page after ${seconds(Math.min(...opened))}, last after ${seconds(Math.max(...opened))}.`,
      );
      return [...faults, ...missing];
    },
  };
}

const refusal: Step = {
  name: 'refusal',
  title: 'PagerDuty refuses events (400)',
  act: async ({ hand, say, plan }) => {
    hand.setMode({ kind: 'refuse' });
    const views = names('refused', plan.refused);
    const faults = [
      ...(await hand.send({ events: plan.refused, views, perSecond: 50 })),
      ...(await hand.settled(plan.resultTimeoutSeconds)),
    ];
    hand.setMode({ kind: 'ok' });
    const { total, shown } = await hand.letters();
    say(`${total} dead letters: ${shown[0]?.detail ?? 'none'}`);
    return total === plan.refused
      ? faults
      : [...faults, `${total} of ${plan.refused} are dead letters.`];
  },
};

const replay: Step = {
  name: 'replay',
  title: 'The operator replays the dead letters',
  act: async ({ hand, say, plan }) => {
    const { sent, failed, remaining, trouble } = await hand.replay();
    const faults = await hand.settled(plan.resultTimeoutSeconds);
    say(`${sent} put back, ${failed + remaining} left behind.`);
    return [
      ...faults,
      ...(failed + remaining === 0 ? [] : [trouble ?? 'Letters were left behind.']),
      ...unpaged(hand, names('refused', plan.refused)),
    ];
  },
};

const rotation: Step = {
  name: 'key rotation',
  title: 'The integration key is rotated, without a deployment',
  act: async ({ hand, say, plan }) => {
    hand.rotateKeys();
    const before = await hand.accounts();
    const faults = [
      ...(await hand.send({ events: 1, views: ['rotated'], perSecond: 1 })),
      ...(await hand.settled(plan.resultTimeoutSeconds)),
      ...unpaged(hand, ['rotated']),
    ];
    const { calls } = await hand.accounts();
    say(
      `Delivered with the new key in ${calls - before.calls} calls: the old one was refused once.`,
    );
    return faults;
  },
};

/**
 * Plays the whole drill on a bridge.
 *
 * @param signal ends it early, with an error
 */
export async function runDrill(
  bridge: Bridge,
  options: { readonly plan: DrillPlan; readonly say: Say; readonly signal: AbortSignal },
): Promise<DrillResult> {
  const { plan, say, signal } = options;
  const hand = drillControls(bridge, signal);
  let slowestPage: number | undefined;
  const story = [
    normal,
    storm,
    outage,
    recovery((millis) => {
      slowestPage = millis;
    }),
    refusal,
    replay,
    rotation,
  ];
  const steps: StepResult[] = [];
  try {
    for (const [index, { name, title, act }] of story.entries()) {
      signal.throwIfAborted();
      say(`\n${index + 1}. ${title}`);
      const faults = await act({ plan, hand, say: (line) => say(`   ${line}`) });
      for (const fault of faults) say(`   ! ${fault}`);
      steps.push({ name, accounts: await hand.accounts(), faults });
    }
  } finally {
    await hand.stop();
  }
  return { steps, slowestPage };
}
