import { expect, test } from '@jest/globals';

import { claimDuration } from '../../lambda/shared/open-incident.ts';
import { retryCapOf } from '../../lambda/shared/delivery-settings.ts';
import type { Bridge } from '../../local/bridge.ts';
import type { Incident } from '../../local/pagerduty/incidents.ts';
import type { AssemblyStack } from '../../local/stack/template.ts';
import { assemblyOf } from '../../testkit/assembly.ts';
import {
  accounting,
  depth,
  drained,
  post,
  scenarioStage,
  startScenario,
  until,
  viewEvent,
} from '../../testkit/scenario.ts';
import { withOneInstance } from '../support/changed-copy.ts';
import { openIncidentRows } from '../support/open-incident-rows.ts';

const QUIET_SECONDS = 4;

const SCENARIO = {
  delivery: {
    updateIntervalSeconds: 1,
    callTimeoutSeconds: 2,
    retryBaseSeconds: 1,
    retryCapSeconds: 4,
    circuitCapSeconds: 2,
  },
  // What a crash leaves behind comes back after this time.
  visibilitySeconds: 20,
  routes: [{ environment: '*', service: 'local-service', resolveAfterMinutes: QUIET_SECONDS / 60 }],
};

const settings = scenarioStage(SCENARIO).delivery;

/** From the last event of an incident until it is due, milliseconds. */
const RESOLVE_TIME = (QUIET_SECONDS + settings.updateIntervalSeconds) * 1000;

/** Time between two ticks, seconds. */
const TICK_SECONDS = 0.5;

const synthesised = assemblyOf(scenarioStage(SCENARIO));

/**
 * One batch at a time. Each instance knows only its own failures, so what it does after them can be
 * seen only if there is no other.
 */
const oneInstance = synthesised.then(withOneInstance);

/** Runs a test with a bridge of its own. These tests mostly wait, so they run concurrently. */
function rehearse(
  name: string,
  assembly: Promise<AssemblyStack>,
  scenario: (bridge: Bridge) => Promise<void>,
): void {
  test.concurrent(name, async () => {
    const options = { assembly: await assembly, tickSeconds: TICK_SECONDS };
    const bridge = await startScenario(SCENARIO, options);
    try {
      await scenario(bridge);
    } finally {
      await bridge.stop();
    }
  });
}

function incidentsOf(bridge: Bridge, view = ''): readonly Incident[] {
  return (bridge.standIn?.incidents() ?? []).filter(({ dedupKey }) => dedupKey.includes(view));
}

function resolvedAt(incident: Incident | undefined): number {
  expect(incident?.status).toBe('resolved');
  return Date.parse(incident?.updatedAt ?? '');
}

async function allResolved(bridge: Bridge, seconds = 60): Promise<void> {
  await until(() => incidentsOf(bridge).every(({ status }) => status === 'resolved'), {
    seconds,
    state: () => [incidentsOf(bridge), bridge.journal.lines().slice(-20)],
  });
}

rehearse(
  'nothing is resolved in an outage over the due time, nor in the cooldown after it, and no event that waits is swallowed',
  oneInstance,
  async (bridge) => {
    for (const view of ['quiet', 'noisy']) {
      expect(await post(bridge, viewEvent(view, { value: 31 }))).toBe(202);
    }
    await until(() => incidentsOf(bridge).length === 2, { seconds: 20 });
    const rows = await openIncidentRows(bridge);
    const due = Math.max(...rows.map((row) => row.due));

    bridge.standIn?.setMode({ kind: 'down' });
    // Three incidents that fail open the circuit breaker.
    for (const view of ['noisy', 'new-1', 'new-2', 'new-3']) {
      expect(await post(bridge, viewEvent(view, { value: 32 }))).toBe(202);
    }
    await until(() => Date.now() > due + 2_000, { seconds: 20 });
    expect(incidentsOf(bridge).map(({ status }) => status)).toEqual(['triggered', 'triggered']);
    const recovered = Date.now();
    bridge.standIn?.setMode({ kind: 'ok' });

    await drained(bridge, 30);
    await allResolved(bridge);
    const firstAccepted = bridge.standIn
      ?.calls()
      .map(({ at, status }) => (status === 202 ? Date.parse(at) : 0))
      .find((at) => at >= recovered);
    const [quiet] = incidentsOf(bridge, 'quiet');
    expect(resolvedAt(quiet)).toBeGreaterThanOrEqual((firstAccepted ?? NaN) + retryCapOf(settings));
    // Its incident was open until the event that waited was in it.
    expect(incidentsOf(bridge, 'noisy')).toMatchObject([{ updates: 1, details: { value: 32 } }]);
    expect(incidentsOf(bridge, 'new')).toHaveLength(3);
    expect(await accounting(bridge)).toMatchObject({ accepted: 6, delivered: 6, lost: 0 });
    expect(await depth(bridge, 'deadLetters')).toBe(0);
  },
);

rehearse(
  'after a SIGKILL while resolves hang, a later tick resolves, and an event meanwhile is not swallowed',
  synthesised,
  async (bridge) => {
    for (const view of ['quiet', 'noisy']) expect(await post(bridge, viewEvent(view))).toBe(202);
    await until(() => incidentsOf(bridge).length === 2, { seconds: 20 });
    bridge.standIn?.setMode({ kind: 'hang' });
    const hanging = (): number =>
      (bridge.standIn?.calls() ?? []).filter(({ mode }) => mode === 'hang').length;
    await until(() => hanging() >= 2, { seconds: 30 });
    const killed = bridge.delivery.processes().map(({ pid }) => bridge.delivery.kill(pid));
    // No invocation gets a process that is about to end.
    await until(() => !bridge.delivery.processes().some(({ pid }) => killed.includes(pid)), {
      seconds: 10,
    });
    expect(await post(bridge, viewEvent('noisy'))).toBe(202);

    const rows = await openIncidentRows(bridge);
    const claims = rows.map(({ claimed }) => claimed ?? NaN);
    expect(claims).toHaveLength(2);
    const [first = NaN] = claims.toSorted((a, b) => a - b);
    bridge.standIn?.setMode({ kind: 'ok' });
    await drained(bridge, 60);
    // The event is an update, because PagerDuty did not take the resolve. On a busy machine, a later
    // tick can resolve before the event is processed: then it opens a new incident.
    const triggers = (): number =>
      incidentsOf(bridge, 'noisy').reduce((sum, { updates }) => sum + 1 + updates, 0);
    await until(() => triggers() === 2, { seconds: 20 });
    expect(Date.now()).toBeGreaterThanOrEqual(first + claimDuration(settings));

    await allResolved(bridge);
    const [quiet] = incidentsOf(bridge, 'quiet');
    expect(resolvedAt(quiet)).toBeGreaterThanOrEqual(first + claimDuration(settings));
    const noisy = incidentsOf(bridge, 'noisy').at(-1);
    const { lastEvent = NaN } =
      (await openIncidentRows(bridge)).find((row) => row.incidentKey.includes('noisy')) ?? {};
    expect(resolvedAt(noisy)).toBeGreaterThanOrEqual(lastEvent + RESOLVE_TIME);
    expect(incidentsOf(bridge, 'quiet')).toHaveLength(1);
    expect(bridge.delivery.counts().crashes).toBeGreaterThan(0);
    expect(await accounting(bridge)).toMatchObject({ accepted: 3, waiting: 0, lost: 0 });
  },
);

rehearse(
  'while the table hangs, pages go out, and its incidents are recorded and resolved when it is back',
  oneInstance,
  async (bridge) => {
    const { faults, callCounts } = bridge.aws;
    const updates = (): number =>
      callCounts()[`${bridge.delivery.fn.name} dynamodb:UpdateItem`] ?? 0;
    faults.add({ action: 'dynamodb:UpdateItem', effect: { kind: 'hang' } });
    expect(await post(bridge, viewEvent('first'))).toBe(202);
    await until(() => incidentsOf(bridge).length === 1, { seconds: 20 });
    // Both attempts of the first event. The table is then not called for a while.
    expect(updates()).toBe(2);
    for (const view of ['second', 'third']) expect(await post(bridge, viewEvent(view))).toBe(202);
    await until(() => incidentsOf(bridge).length === 3, { seconds: 20 });
    expect(updates()).toBe(2);
    await until(() => (bridge.journal.counters()['TimersFailed'] ?? 0) >= 3, { seconds: 10 });
    expect(await openIncidentRows(bridge)).toEqual([]);

    faults.clear();
    const back = Date.now();
    await until(async () => (await openIncidentRows(bridge)).length === 3, { seconds: 40 });
    await allResolved(bridge);
    for (const incident of incidentsOf(bridge)) {
      // The table did not know it, so its event was sent once more, into the open incident.
      expect(incident.updates).toBe(1);
      expect(resolvedAt(incident)).toBeGreaterThanOrEqual(back + RESOLVE_TIME);
    }
    expect(incidentsOf(bridge)).toHaveLength(3);
    expect(await accounting(bridge)).toMatchObject({ accepted: 3, delivered: 3, lost: 0 });
  },
);
