/** The drill, step by step. */

import type { Bridge } from '../bridge.ts';
import type { Incident } from '../pagerduty/incidents.ts';
import { accountingErrors, count } from './accounts.ts';
import { drillControls, type DrillControls } from './controls.ts';
import type { DrillPlan } from './plan.ts';
import type { DrillResult, StepResult } from './report.ts';

/** Prints a line. */
export type Print = (line: string) => void;

/** What a step works with. */
interface StepContext {
  readonly plan: DrillPlan;
  readonly controls: DrillControls;
  readonly print: Print;
}

/** A step of the drill. */
interface Step {
  readonly name: string;
  readonly title: string;
  /** Runs the step. @returns its faults, a sentence each */
  readonly run: (context: StepContext) => Promise<readonly string[]>;
}

/** Time between two lines about an outage, milliseconds. */
const PROGRESS_INTERVAL = 3_000;

function names(prefix: string, number: number): string[] {
  return Array.from({ length: number }, (_, index) => `${prefix}-${index + 1}`);
}

/** The incident of a view; the newest when there are several. */
function incidentOf({ standIn }: DrillControls, view: string): Incident | undefined {
  return standIn.incidents().findLast(({ dedupKey }) => dedupKey.split(':')[2] === view);
}

/** Views without an incident at PagerDuty. The counters of the functions are not used for this. */
function missingIncidents(controls: DrillControls, views: readonly string[]): readonly string[] {
  const missing = views.filter((view) => incidentOf(controls, view) === undefined).length;
  return missing === 0 ? [] : [`Without an incident: ${count(missing, 'view')}.`];
}

function seconds(millis: number): string {
  return `${(millis / 1000).toFixed(1)} s`;
}

const normal: Step = {
  name: 'normal event',
  title: 'One event, while everything works',
  run: async ({ controls, print, plan }) => {
    const begin = performance.now();
    const faults = await controls.send({ events: 1, views: ['checkout'], perSecond: 1 });
    const isOpen = (): boolean => incidentOf(controls, 'checkout') !== undefined;
    await controls.holdsWithin(plan.resultTimeoutSeconds, isOpen);
    const incident = incidentOf(controls, 'checkout');
    if (incident === undefined) return [...faults, 'The event opened no incident.'];
    print(`${incident.severity}: ${incident.summary}`);
    print(`PagerDuty had it after ${seconds(performance.now() - begin)}.`);
    return [...faults, ...(await controls.settled(plan.resultTimeoutSeconds))];
  },
};

const storm: Step = {
  name: 'storm',
  title: 'A storm: many events, few incidents',
  run: async ({ controls, print, plan }) => {
    const { events, views: number, perSecond } = plan.storm;
    const views = names('storm', number);
    const before = await controls.accounts();
    print(`${count(events, 'event')} of ${count(number, 'view')}, ${perSecond} per second.`);
    const faults = [
      ...(await controls.send({ events, views, perSecond, value: 65 })),
      ...(await controls.settled(plan.resultTimeoutSeconds)),
      ...missingIncidents(controls, views),
    ];
    const after = await controls.accounts();
    const calls = count(after.calls - before.calls, 'call');
    const deduplicated = after.deduplicated - before.deduplicated;
    print(`${count(number, 'incident')}, ${calls}, ${deduplicated} deduplicated.`);
    return faults;
  },
};

const outage: Step = {
  name: 'outage',
  title: 'PagerDuty goes down (503), and events keep coming',
  run: async ({ controls, print, plan }) => {
    const { events, views: number, seconds: length } = plan.outage;
    controls.setMode({ kind: 'down' });
    const before = await controls.accounts();
    const begin = performance.now();
    let printed = begin;
    let isSent = false;
    const printProgress = async (): Promise<boolean> => {
      const now = performance.now();
      if (now - printed < PROGRESS_INTERVAL) return isSent;
      printed = now;
      const { waiting, calls } = await controls.accounts();
      const tried = count(calls - before.calls, 'call');
      print(`${seconds(now - begin)}: ${count(waiting, 'event')} waiting, ${tried} tried.`);
      return isSent;
    };
    const progress = controls.holdsWithin(length * 3, printProgress);
    const faults = await controls
      .send({ events, views: names('outage', number), perSecond: events / length })
      .finally(() => {
        isSent = true;
      });
    await progress;
    // PagerDuty takes nothing. So every event of the outage is in the queue, or is deduplicated into
    // one that is, and each view has at least one there.
    let after = before;
    const areKept = async (): Promise<boolean> => {
      after = await controls.accounts();
      const kept = after.waiting + after.deduplicated - before.deduplicated;
      return kept === events && after.waiting >= number && accountingErrors(after).length === 0;
    };
    const allKept = await controls.holdsWithin(plan.resultTimeoutSeconds, areKept);
    const calls = count(after.calls - before.calls, 'call');
    const deduplicated = after.deduplicated - before.deduplicated;
    print(
      `${count(after.waiting, 'event')} waiting, which ${deduplicated} others were deduplicated into.`,
    );
    print(`PagerDuty got ${calls}.`);
    if (allKept) return faults;
    const fault = `Of ${count(events, 'event')}, ${after.waiting} wait and ${deduplicated} are deduplicated.`;
    return [...faults, ...accountingErrors(after), fault];
  },
};

/** `onSlowest` gets the time until the last incident of the outage was opened, milliseconds. */
function recovery(onSlowest: (millis: number) => void): Step {
  return {
    name: 'recovery',
    title: 'PagerDuty is back',
    run: async ({ controls, print, plan }) => {
      const views = names('outage', plan.outage.views);
      const begin = Date.now();
      controls.setMode({ kind: 'ok' });
      const faults = await controls.settled(plan.resultTimeoutSeconds);
      const missing = missingIncidents(controls, views);
      const opened = views.flatMap((view) => {
        const incident = incidentOf(controls, view);
        return incident === undefined ? [] : [Date.parse(incident.openedAt) - begin];
      });
      if (missing.length === 0) onSlowest(Math.max(...opened));
      const [first, last] = [Math.min(...opened), Math.max(...opened)];
      print(`First page after ${seconds(first)}, last after ${seconds(last)}.`);
      return [...faults, ...missing];
    },
  };
}

const refusal: Step = {
  name: 'refusal',
  title: 'PagerDuty refuses events (400)',
  run: async ({ controls, print, plan }) => {
    controls.setMode({ kind: 'refuse' });
    const views = names('refused', plan.refused);
    const faults = [
      ...(await controls.send({ events: plan.refused, views, perSecond: 50 })),
      ...(await controls.settled(plan.resultTimeoutSeconds)),
    ];
    controls.setMode({ kind: 'ok' });
    const { total, groups } = await controls.deadLetters();
    print(`${count(total, 'dead letter')}: ${groups[0]?.detail ?? 'none'}`);
    if (total === plan.refused) return faults;
    return [...faults, `Dead letters: ${total} instead of ${plan.refused}.`];
  },
};

const replay: Step = {
  name: 'replay',
  title: 'The operator replays the dead letters',
  run: async ({ controls, print, plan }) => {
    const { sent, failed, remaining, reason } = await controls.replay();
    const faults = await controls.settled(plan.resultTimeoutSeconds);
    const left = failed + remaining;
    print(`${sent} put back on the queue, ${left} left.`);
    return [
      ...faults,
      ...(left === 0 ? [] : [reason ?? `Not replayed: ${count(left, 'dead letter')}.`]),
      ...missingIncidents(controls, names('refused', plan.refused)),
    ];
  },
};

const rotation: Step = {
  name: 'key rotation',
  title: 'The integration key is rotated, without a deployment',
  run: async ({ controls, print, plan }) => {
    controls.rotateKeys();
    const refusals = (): number => controls.standIn.callCounts()['400'] ?? 0;
    const before = refusals();
    const faults = [
      ...(await controls.send({ events: 1, views: ['rotated'], perSecond: 1 })),
      ...(await controls.settled(plan.resultTimeoutSeconds)),
      ...missingIncidents(controls, ['rotated']),
    ];
    const refused = count(refusals() - before, 'call');
    print(`Delivered with the new key, after PagerDuty refused ${refused} with the old one.`);
    return faults;
  },
};

/**
 * Runs the whole drill on a bridge.
 *
 * @param signal ends the drill early, with its reason as an error
 */
export async function runDrill(
  bridge: Bridge,
  options: { readonly plan: DrillPlan; readonly print: Print; readonly signal: AbortSignal },
): Promise<DrillResult> {
  const { plan, print, signal } = options;
  const controls = drillControls(bridge, signal);
  let slowestPage: number | undefined;
  const onSlowest = (millis: number): void => {
    slowestPage = millis;
  };
  const steps = [normal, storm, outage, recovery(onSlowest), refusal, replay, rotation];
  const results: StepResult[] = [];
  try {
    for (const [index, { name, title, run }] of steps.entries()) {
      signal.throwIfAborted();
      print(`\n${index + 1}. ${title}`);
      const faults = await run({ plan, controls, print: (line) => print(`   ${line}`) });
      for (const fault of faults) print(`   ! ${fault}`);
      results.push({ name, accounts: await controls.accounts(), faults });
    }
  } finally {
    await controls.stop();
  }
  return { steps: results, slowestPage };
}
