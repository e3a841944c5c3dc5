/** The console page of the local bridge: its files, its stream, and what it can ask for. */

import type { ServerResponse } from 'node:http';
import { readDeliverySettings } from '../../lambda/delivery/settings.ts';
import { ENV } from '../../lambda/shared/environment.ts';
import type { Bridge } from '../bridge.ts';
import type { FunctionPool } from '../lambda/pool.ts';
import type { Endpoints } from '../json-api.ts';
import { inQueue, queueDepth } from '../sqs/queue-depth.ts';
import { ASSET_PATHS, buildAssets, sendAsset, type Assets } from './assets.ts';
import { consoleEndpoints } from './endpoints.ts';
import { startHistory } from './history.ts';
import { watchIncidents } from './incidents.ts';
import { letterDesk } from './dead-letters.ts';
import { eventSender } from './sender.ts';
import { stagesOf, type Snapshot } from './derive-state.ts';
import type { PipelineView } from './state.ts';
import { openStream } from './stream.ts';
import { lastTimes, readTotals, type LastTimes } from './facts.ts';

/** Path of the page's stream. */
const STREAM_PATH = '/api/live';

/** Shortest time between two messages about the pipeline, milliseconds. */
const SOONEST = 40;

/** Longest time between two looks at what tells nobody, such as a wait that ends, milliseconds. */
const LATEST = 80;

/** Seconds that the rate of events looks back. */
const RATE_SECONDS = 5;

/** A running console. */
export interface ConsolePage {
  readonly endpoints: Endpoints;
  /** Answers what is the page's own. @returns whether it was */
  readonly serve: (path: string, response: ServerResponse) => boolean;
  /** Tells of an answer of the webhook. */
  readonly answered: (status: number) => void;
  /** Tells that something may have changed. */
  readonly changed: () => void;
  readonly stop: () => Promise<void>;
}

function updateIntervalOf({ delivery }: Bridge): number {
  const settings = delivery.fn.environment[ENV.deliverySettings];
  if (settings === undefined) return 0;
  return readDeliverySettings(settings).updateIntervalSeconds * 1000;
}

function busyIn(pool: FunctionPool): number {
  return pool.processes().filter(({ busy }) => busy).length;
}

/** Starts the console of a bridge. */
export function startConsole(bridge: Bridge): ConsolePage {
  const totals = readTotals(bridge);
  const stream = openStream();
  const letters = letterDesk(bridge);
  const incidents = bridge.standIn && watchIncidents(bridge.standIn, updateIntervalOf(bridge));
  let before = totals.read();
  let last: LastTimes = {};
  const history = startHistory(before);
  let stopped = false;
  let assets: Assets | undefined;

  const recentlyAccepted = (): number =>
    history
      .samples()
      .slice(-RATE_SECONDS)
      .reduce((sum, { accepted }) => sum + accepted, 0);

  const look = async (): Promise<Snapshot> => {
    const [events, dead] = await Promise.all([
      queueDepth(bridge, 'events'),
      queueDepth(bridge, 'deadLetters'),
    ]);
    const at = Date.now();
    const now = totals.read();
    last = lastTimes(last, { before, now }, at);
    before = now;
    return {
      at,
      totals: now,
      last,
      queue: events,
      deadLetters: inQueue(dead),
      busy: { ingest: busyIn(bridge.ingest), delivery: busyIn(bridge.delivery) },
      recent: recentlyAccepted(),
      replaying: letters.isReplaying(),
    };
  };

  const pipelineOf = (snapshot: Snapshot): PipelineView => ({
    stages: stagesOf(snapshot),
    conservation: {
      accepted: snapshot.totals.accepted,
      delivered: snapshot.totals.delivered,
      deduplicated: snapshot.totals.deduplicated,
      waiting: inQueue(snapshot.queue),
      deadLetters: snapshot.deadLetters,
      deduplicatedByReplay: letters.deduplicatedByReplay(),
    },
    mode: bridge.standIn?.mode().kind,
    storm: sender.view(),
  });

  let incidentsSeen = -1;
  let lettersSeen = '';
  const refresh = async (): Promise<void> => {
    const snapshot = await look();
    stream.publish('pipeline', pipelineOf(snapshot));
    if (incidents !== undefined && incidents.version() !== incidentsSeen) {
      incidentsSeen = incidents.version();
      stream.publish('incidents', incidents.view());
    }
    const lettersNow = `${snapshot.deadLetters} ${snapshot.totals.deadLettered}`;
    if (lettersNow !== lettersSeen) {
      lettersSeen = lettersNow;
      stream.publish('letters', await letters.view());
    }
  };

  let timer: NodeJS.Timeout | undefined;
  let due = Infinity;
  let refreshing = false;
  const schedule = (delay: number): void => {
    const at = performance.now() + delay;
    if (stopped || refreshing || at >= due) return;
    clearTimeout(timer);
    due = at;
    timer = setTimeout(() => void run(), delay);
    timer.unref();
  };
  let wanted = false;
  const run = async (): Promise<void> => {
    refreshing = true;
    wanted = false;
    due = Infinity;
    try {
      if (stream.readers() > 0) await refresh();
    } catch {
      // The bridge is stopping, or a queue is out of order on purpose: the next look tells.
    } finally {
      refreshing = false;
    }
    if (stream.readers() > 0) schedule(wanted ? SOONEST : LATEST);
  };
  const changed = (): void => {
    wanted = true;
    if (stream.readers() > 0) schedule(SOONEST);
  };

  const sender = eventSender(bridge, changed);
  const unwatch = [
    bridge.journal.watch(changed),
    ...(bridge.standIn === undefined ? [] : [bridge.standIn.watch(changed)]),
  ];

  // Also without a reader: a page that opens later shows the last ten minutes, and what is over.
  const sample = async (): Promise<void> => {
    try {
      const { at, totals: now, queue } = await look();
      stream.publish('sample', history.add(now, inQueue(queue), at));
    } catch {
      // As in `run`: the next second tells.
    }
  };
  const sampling = setInterval(() => void sample(), 1000);
  sampling.unref();

  const openLive = (response: ServerResponse): void => {
    stream.open(response, {
      stage: bridge.stage,
      webhookUrl: bridge.webhookUrl,
      pagerDutyUrl: bridge.standIn === undefined ? bridge.pagerDutyUrl : undefined,
      history: history.samples(),
    });
    // The first reader may be long after the last one left: everything is looked at again.
    incidentsSeen = -1;
    lettersSeen = '';
    schedule(0);
  };

  return {
    endpoints: consoleEndpoints({ sender, letters, incidents }),
    serve: (path, response) => {
      if (path === STREAM_PATH) {
        openLive(response);
        return true;
      }
      if (!ASSET_PATHS.some((known) => known === path)) return false;
      assets ??= buildAssets();
      const body = assets.get(path);
      if (body === undefined) return false;
      sendAsset(response, path, body);
      return true;
    },
    answered: (status) => {
      totals.answered(status);
      changed();
    },
    changed,
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      clearInterval(sampling);
      for (const end of unwatch) end();
      totals.stop();
      incidents?.stop();
      sender.calm();
      stream.stop();
      await letters.stop();
    },
  };
}
