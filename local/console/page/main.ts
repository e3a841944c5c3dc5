/** Entry point of the console page. */

import { showCharts } from './charts.ts';
import { showControls } from './controls.ts';
import { find, setAttribute, setText } from './dom.ts';
import { showIncidents } from './incidents.ts';
import { showDeadLetters } from './dead-letters.ts';
import { type Connection, follow } from './live.ts';
import { showPipeline } from './pipeline.ts';
import { showVerdict } from './verdict.ts';

const CONNECTION: Readonly<Record<Connection, string>> = {
  connecting: 'Connecting …',
  live: 'Live',
  lost: 'No connection. Retrying …',
};

const verdict = showVerdict();
const pipeline = showPipeline();
const controls = showControls();
const incidents = showIncidents();
const deadLetters = showDeadLetters();
const charts = showCharts();
const connection = find('connection', HTMLParagraphElement);
const webhook = find('webhook-url', HTMLElement);
const copy = find('copy-webhook', HTMLButtonElement);
let webhookUrl = '';
// The token is a secret: it must not be readable on a screen or a screenshot.
setText(webhook, `${location.origin}/webhook/<token>`);

copy.addEventListener('click', () => {
  navigator.clipboard.writeText(webhookUrl).then(
    () => setText(copy, 'Copied'),
    () => setText(webhook, webhookUrl),
  );
});

follow(
  {
    hello: (hello) => {
      setText(find('stage', HTMLElement), hello.stage);
      webhookUrl = hello.webhookUrl;
      setText(copy, 'Copy');
      if (hello.pagerDutyUrl !== undefined) {
        setText(
          find('incidents-empty', HTMLParagraphElement),
          `Events go to ${hello.pagerDutyUrl}. Their incidents are shown there.`,
        );
      }
      charts.reset(hello.history);
    },
    verdict: verdict.update,
    pipeline: (view) => {
      pipeline(view);
      controls(view);
    },
    incidents: incidents.update,
    deadLetters: deadLetters.update,
    sample: charts.add,
  },
  (state) => {
    setText(connection, CONNECTION[state]);
    setAttribute(connection, 'data-state', state);
  },
);

// Ages change without a message.
setInterval(() => {
  verdict.tick();
  incidents.tick();
  deadLetters.tick();
}, 1000);
