/** The console page: shows what the bridge tells, and passes on what one does. */

import { showCharts } from './charts.ts';
import { showControls } from './controls.ts';
import { find, setAttribute, setText } from './dom.ts';
import { showIncidents } from './incidents.ts';
import { showLetters } from './dead-letters.ts';
import { type Connection, follow } from './live.ts';
import { showPipeline } from './pipeline.ts';

const CONNECTION: Readonly<Record<Connection, string>> = {
  connecting: 'Connecting …',
  live: 'Live',
  lost: 'The bridge is gone. Trying again …',
};

const pipeline = showPipeline();
const controls = showControls();
const incidents = showIncidents();
const letters = showLetters();
const charts = showCharts();
const connection = find('connection', HTMLParagraphElement);
const webhook = find('webhook-url', HTMLElement);
const copy = find('copy-webhook', HTMLButtonElement);
let webhookUrl = '';
// The token is a secret; whoever looks over the shoulder, or at a screenshot, does not need it.
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
          `Events go to ${hello.pagerDutyUrl}: look for the incidents there.`,
        );
      }
      charts.reset(hello.history);
    },
    pipeline: (view) => {
      pipeline(view);
      controls(view);
    },
    incidents: incidents.update,
    letters: letters.update,
    sample: charts.add,
  },
  (state) => {
    setText(connection, CONNECTION[state]);
    setAttribute(connection, 'data-state', state);
  },
);

// Ages grow, whether something happens or not.
setInterval(() => {
  incidents.tick();
  letters.tick();
}, 1000);
