/** The console page of the local bridge: files, live stream, and endpoints. */

import type { ServerResponse } from 'node:http';
import type { StageConfig } from '../../config/stage.ts';
import type { Bridge } from '../bridge.ts';
import type { Endpoints } from '../json-api.ts';
import { updateIntervalOf } from '../lambda/updates-not-due.ts';
import { assetServer } from './assets.ts';
import { openDeadLetters } from './dead-letters.ts';
import { addSample, deriveState, sampleOf } from './derive-state.ts';
import { consoleEndpoints } from './endpoints.ts';
import { NO_TOTALS, readFacts, type Totals } from './facts.ts';
import { detailOf } from './incident-views.ts';
import { watchIncidents } from './incidents.ts';
import { watchOperatorMessages } from './operator-messages.ts';
import { watchResolveTimes } from './resolve-times.ts';
import { eventSender } from './sender.ts';
import type { DeadLettersView, Sample } from './state.ts';
import { openStream } from './stream.ts';
import { watchVerdict } from './verdict.ts';

/** Path of the page's stream. */
const STREAM_PATH = '/api/live';

/** Pause between two readings while a page is open, milliseconds. */
const READ_EVERY = 50;

/** Pause between two messages with the incidents, milliseconds per incident. */
const MILLIS_PER_ROW = 0.5;

/** A running console. */
export interface ConsolePage {
  readonly endpoints: Endpoints;
  /** Answers a GET of the page's files or its stream. @returns false for any other path */
  readonly serve: (path: string, response: ServerResponse) => boolean;
  /** Counts an answer of the webhook. */
  readonly answered: (status: number) => void;
  readonly stop: () => Promise<void>;
}

/** Starts the console of a bridge that runs a stage. */
export function startConsole(bridge: Bridge, stage: StageConfig): ConsolePage {
  const stream = openStream();
  const sender = eventSender(bridge);
  const deadLetters = openDeadLetters(bridge);
  const incidents = bridge.standIn && watchIncidents(bridge.standIn);
  const resolveTimes = watchResolveTimes(bridge);
  const operatorMessages = watchOperatorMessages(bridge);
  const readVerdict = watchVerdict(bridge, stage, deadLetters.failedAt);
  const updateInterval = updateIntervalOf(bridge.delivery.fn);
  const facts = readFacts(bridge, async () => ({
    replaying: deadLetters.isReplaying(),
    deduplicatedByReplay: deadLetters.deduplicatedByReplay(),
    operatorMessages: operatorMessages.counts(),
    storm: sender.view(),
    incidents: incidents?.list() ?? [],
    resolveTimes: await resolveTimes.read(),
    updateInterval,
  }));
  let history: readonly Sample[] = [];

  let deadLettersShown: DeadLettersView | undefined;
  let incidentsAt = -Infinity;
  const publish = async (): Promise<void> => {
    const now = await facts.read();
    const { pipeline, incidents: incidentsView } = deriveState(now, history);
    stream.publish('pipeline', pipeline);
    // A page needs time to show many.
    if (performance.now() - incidentsAt >= incidentsView.rows.length * MILLIS_PER_ROW) {
      incidentsAt = performance.now();
      stream.publish('incidents', incidentsView);
    }
    const view = await deadLetters.view();
    if (view !== deadLettersShown) stream.publish('deadLetters', view);
    deadLettersShown = view;
    stream.publish('verdict', await readVerdict());
  };

  let timer: NodeJS.Timeout | undefined;
  const publishIn = (millis: number): void => {
    timer = setTimeout(() => void publishWhileOpen(), millis).unref();
  };
  const publishWhileOpen = async (): Promise<void> => {
    // A reading fails while the bridge stops, or while a test breaks a queue. The next one may not.
    await publish().catch(() => undefined);
    timer = undefined;
    if (stream.readers() > 0) publishIn(READ_EVERY);
  };

  // Also while no page is open: one that opens later shows the last ten minutes.
  let sampled: Totals = NO_TOTALS;
  const sample = async (): Promise<void> => {
    const now = await facts.read();
    const added = sampleOf(sampled, now);
    sampled = now.totals;
    history = addSample(history, added);
    stream.publish('sample', added);
  };
  const sampling = setInterval(() => void sample().catch(() => undefined), 1000).unref();

  const openLive = (response: ServerResponse): void => {
    stream.open(response, {
      stage: bridge.stage,
      webhookUrl: bridge.webhookUrl,
      pagerDutyUrl: bridge.standIn === undefined ? bridge.pagerDutyUrl : undefined,
      history,
    });
    if (timer !== undefined) return;
    publishIn(0);
  };

  const serveAsset = assetServer();
  return {
    endpoints: consoleEndpoints({
      sender,
      deadLetters,
      standIn: bridge.standIn,
      incident: async (number) => {
        const found = incidents?.list().find(({ incident }) => incident.number === number);
        if (found === undefined) return undefined;
        return detailOf(found, { resolveTimes: await resolveTimes.read(), updateInterval });
      },
    }),
    serve: (path, response) => {
      if (path !== STREAM_PATH) return serveAsset(path, response);
      openLive(response);
      return true;
    },
    answered: facts.countAnswer,
    stop: async () => {
      clearTimeout(timer);
      clearInterval(sampling);
      facts.stop();
      incidents?.stop();
      operatorMessages.stop();
      resolveTimes.stop();
      sender.stopStorm();
      stream.stop();
      await deadLetters.stop();
    },
  };
}
