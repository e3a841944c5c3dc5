/** The console page with given messages instead of a bridge: states that take long to reach. */

import { createServer } from 'node:http';

import { assetServer } from '../../local/console/assets.ts';
import {
  HISTORY_SECONDS,
  type DeadLetterGroupView,
  type DeadLetterRow,
  type IncidentDetail,
  type IncidentRow,
  type Messages,
  type Sample,
  type StepName,
  type StepState,
} from '../../local/console/state.ts';
import { openStream } from '../../local/console/stream.ts';
import { listenOnLoopback } from '../../local/http.ts';

/** Messages that a page shows. */
export type Scene = Omit<Messages, 'hello' | 'sample'>;

const SEVERITIES = ['critical', 'error', 'warning', 'info'] as const;

/** Incidents of all severities; every fifth is resolved. */
export function incidentRows(count: number, now: number): readonly IncidentRow[] {
  return Array.from({ length: count }, (_, index): IncidentRow => {
    const isOpen = index < count * 0.8;
    return {
      number: count - index,
      status: isOpen ? 'triggered' : 'resolved',
      severity: SEVERITIES[Math.floor((index / count / 0.8) * 4) % 4] ?? 'info',
      summary: `View checkout-service-${count - index}: requests ${40 + index} r/s exceeded threshold 30 r/s (Online Boutique)`,
      service: 'platform',
      openedAt: now - index * 7_000,
      changedAt: now - index * 7_000,
      events: 1 + ((index * 37) % 400),
    };
  });
}

/** Groups of dead letters. */
function deadLetterGroups(count: number, now: number): readonly DeadLetterGroupView[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `group-${index}`,
    count: 1 + ((index * 13) % 50),
    newestAt: now - index * 11_000,
    oldestAt: now - index * 11_000 - 600_000,
    reason: 'rejected',
    detail: "Event object is invalid: 'payload.summary' is missing or blank",
    httpStatus: 400,
    service: 'platform',
    dedupKey: `glasnostic:env-1:view-${index}:requests`,
    severity: SEVERITIES[Math.floor((index / count) * 4)],
    title: `View payments-${index}: requests 71 r/s exceeded threshold 30 r/s (Online Boutique)`,
  }));
}

/** The steps of an event that is delivered. */
const FLOW = ['webhook', 'ingest', 'queue', 'delivery', 'pagerduty'] as const;

type Steps = Readonly<Record<StepName, readonly [StepState, string]>>;

function pipeline(steps: Steps, figure: number): Scene['pipeline'] {
  const labels: Readonly<Record<StepName, readonly string[]>> = {
    webhook: ['events', 'in the last 5 s', 'throttled', 'refused', 'answered 5xx'],
    ingest: ['accepted', 'running now', 'failures'],
    queue: ['waiting', 'updates not due', 'ready', 'held back'],
    delivery: ['delivered', 'deduplicated', 'waiting', 'failures'],
    pagerduty:
      steps.pagerduty[0] === 'broken'
        ? ['failed', 'calls accepted', 'throttled', 'refused']
        : ['calls accepted', 'throttled', 'failed', 'refused'],
    'dead-letters': ['dead letters', 'since the start'],
  };
  const shown: readonly StepName[] = [...FLOW, 'dead-letters'];
  return {
    steps: shown.map((name) => {
      const [state, note] = steps[name];
      return { name, state, note, figures: labels[name].map((label) => [label, figure] as const) };
    }),
    accounting: {
      accepted: figure,
      added: figure > 0 ? 3 : 0,
      delivered: figure,
      deduplicated: figure,
      waiting: figure,
      deadLetters: figure,
      removed: figure > 0 ? 2 : 0,
      purged: figure > 0 ? 12 : 0,
      balanced: true,
    },
    mode: steps.pagerduty[0] === 'broken' ? 'down' : 'ok',
  };
}

const IDLE: Steps = {
  webhook: ['idle', 'waits for events'],
  ingest: ['idle', 'nothing to check'],
  queue: ['idle', 'empty'],
  delivery: ['idle', 'nothing to deliver'],
  pagerduty: ['idle', 'no calls'],
  'dead-letters': ['idle', 'none'],
};

const STORM: Steps = {
  webhook: ['flowing', 'answers 202'],
  ingest: ['flowing', 'checks and enqueues'],
  queue: ['flowing', 'passes events to delivery'],
  delivery: ['flowing', 'paces: 120 calls per minute'],
  pagerduty: ['flowing', 'accepts events'],
  'dead-letters': ['broken', 'fix the cause, then replay'],
};

const OUTAGE: Steps = {
  ...STORM,
  queue: ['backing-off', 'keeps events until they are delivered'],
  delivery: ['backing-off', 'retries by itself'],
  pagerduty: ['broken', 'answers 5xx'],
};

/** The scenes by name. */
export function scenes(
  now: number,
): Readonly<Record<'idle' | 'storm' | 'outage' | 'thousand', Scene>> {
  const yes = { answer: 'yes', word: 'YES', lastPageAt: now - 2_000 } as const;
  const incidents = (count: number) => ({
    rows: incidentRows(count, now),
    open: Math.ceil(count * 0.8),
  });
  const deadLetters = (count: number) => {
    const groups = deadLetterGroups(count, now);
    return { groups, total: groups.reduce((sum, group) => sum + group.count, 0) };
  };
  return {
    idle: {
      verdict: {
        answer: 'yes',
        word: 'YES',
        sentence: 'no event came in the last 4 min; no event waits',
      },
      pipeline: pipeline(IDLE, 0),
      incidents: incidents(0),
      deadLetters: deadLetters(0),
    },
    storm: {
      verdict: {
        ...yes,
        sentence:
          '1234567 events wait, the oldest for 2 min; the rate limit paces them: about 480 per minute get out, done in about 3 min',
        oldestAt: now - 120_000,
        nextAttemptAt: now,
      },
      pipeline: pipeline(STORM, 1_234_567),
      incidents: incidents(24),
      deadLetters: deadLetters(3),
    },
    outage: {
      verdict: {
        answer: 'no',
        word: 'NO',
        sentence:
          'PagerDuty answers 503 since 15:56 UTC; 1234567 events wait, the oldest for 4 min. They are kept, and go out when it is back. Also 12 dead letters',
        oldestAt: now - 240_000,
        failingSince: now - 245_000,
        nextAttemptAt: now + 12_000,
        lastPageAt: now - 250_000,
      },
      pipeline: pipeline(OUTAGE, 1_234_567),
      incidents: incidents(40),
      deadLetters: deadLetters(12),
    },
    thousand: {
      verdict: { ...yes, sentence: 'the last page got out at 15:56 UTC, 2 s ago; no event waits' },
      pipeline: pipeline(STORM, 98_765),
      incidents: incidents(1_000),
      deadLetters: deadLetters(1_000),
    },
  };
}

function detailOf(row: IncidentRow): IncidentDetail {
  return {
    ...row,
    dedupKey: 'glasnostic:env-1:view-4:requests',
    fields: [
      ['source', 'Online Boutique / View 4'],
      ['component', 'View 4'],
    ],
    details: {
      value: '65 r/s',
      threshold: '30 r/s',
      view: { id: '4', name: 'checkout', labels: ['a', 'b'] },
      long: 'x'.repeat(200),
    },
    links: [{ href: 'https://app.glasnostic.com/', text: 'Open in Glasnostic' }],
    timeline: [
      { at: row.openedAt, kind: 'opened', severity: 'error', summary: row.summary },
      { at: row.openedAt + 60_000, kind: 'updated', severity: 'critical', summary: row.summary },
    ],
    dropped: 0,
    delay: 400,
  };
}

function history(now: number): readonly Sample[] {
  const end = Math.floor(now / 1_000);
  return Array.from({ length: HISTORY_SECONDS }, (_, index) => ({
    time: end - HISTORY_SECONDS + index + 1,
    accepted: 20 + (index % 40),
    delivered: 5,
    deduplicated: 12,
    waiting: 1_234_567 - index,
    answers: { '2xx': 5, '429': index % 3, '4xx': 0, '5xx': 4_567, none: 1 },
  }));
}

/** A page without a bridge. */
export interface ScenePage {
  readonly url: string;
  /** Shows a scene on every open page. */
  readonly show: (scene: Scene) => void;
  readonly stop: () => Promise<void>;
}

/** Serves the page's own files, and the messages of a scene. */
export async function serveScenes(now: number): Promise<ScenePage> {
  const serveAsset = assetServer();
  const stream = openStream();
  let shown: Scene | undefined;
  const api = (url: URL): unknown => {
    const number = Number(url.searchParams.get('number'));
    const row = shown?.incidents.rows.find((each) => each.number === number);
    if (url.pathname === '/api/incident') return row && detailOf(row);
    const group = shown?.deadLetters.groups.find(({ id }) => id === url.searchParams.get('group'));
    return Array.from({ length: group?.count ?? 0 }, (_, index): DeadLetterRow => ({
      id: `0d1f4a52-7a2b-4c7d-9d1e-${String(index).padStart(12, '0')}`,
      failedAt: now - index * 1_000,
      receiveCount: 1,
      title: group?.title ?? '',
    }));
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (url.pathname === '/api/live') {
      stream.open(response, {
        stage: 'local',
        webhookUrl: 'http://127.0.0.1:4100/webhook/token',
        history: history(now),
      });
    } else if (!serveAsset(url.pathname, response)) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(api(url)));
    }
  });
  const { url, stop } = await listenOnLoopback(server, 0);
  return {
    url,
    show: (scene) => {
      shown = scene;
      stream.publish('verdict', scene.verdict);
      stream.publish('pipeline', scene.pipeline);
      stream.publish('incidents', scene.incidents);
      stream.publish('deadLetters', scene.deadLetters);
    },
    stop: async () => {
      stream.stop();
      await stop();
    },
  };
}
