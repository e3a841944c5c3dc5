/** `npm run explain`: says what a stage does with an event, without sending it. */

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { orPrintMistakes } from '../config/stage-error.ts';
import type { StageConfig } from '../config/stage.ts';
import { routeName } from '../config/route-names.ts';
import { explainEvent } from '../explain/explain.ts';
import { eventOf } from '../explain/sample.ts';
import { checkTable, readTable } from '../explain/table.ts';
import { eventText, explanationText } from '../explain/text.ts';

const { stages } = await orPrintMistakes(import('../config/index.ts'));

const USAGE = `Usage: npm run -s explain -- --stage NAME --environment ID [--view ID]
                          [--view-name NAME] [--metric NAME] [--value N] [--threshold N]
                          [--domain NAME]
       npm run -s explain -- --stage NAME --event FILE
       npm run -s explain -- --stage NAME --table FILE

Says what a stage does with an event: what ingest answers, the route that takes it and the routes
behind that one which match too, the PagerDuty service, the severity and the step that gives it, the
dedup key, the summary and the links. It runs the code of the functions and sends nothing.

  --environment ID   environment of the event; its ID, as in the console's address
  --view ID          view of the event
  --view-name NAME   name of the view, for a route with viewName and for the summary
  --metric NAME      metric of the view, such as requests
  --value N          measured value; with --threshold it decides the severity of a step
  --threshold N      threshold of the view
  --domain NAME      VIEWS or SEGMENTATION (default VIEWS)
  --event FILE       an event as Glasnostic sent it, JSON; it has names and units too
  --table FILE       JSON Lines: on each line the fields above or "event", and what is expected:
                     "service", "severity", "dedupKey", or "answer" (200 ignored, 404 no route)
  --help             this text

A line of a table:

  {"environment":"YegltGN8vgAK8THi","view":"4","metric":"requests","value":42,"threshold":30,
   "service":"search","severity":"warning"}

Exit codes: 0 explained or as expected, 1 a line of the table differs, 2 wrong usage or a file that
cannot be used.`;

const text = { type: 'string' } as const;
const OPTIONS = {
  stage: text,
  environment: text,
  view: text,
  'view-name': text,
  metric: text,
  value: text,
  threshold: text,
  domain: text,
  event: text,
  table: text,
  help: { type: 'boolean' },
} as const;

/** The fields of an event among the options. */
const EVENT_OPTIONS = [
  'environment',
  'view',
  'view-name',
  'metric',
  'value',
  'threshold',
  'domain',
] as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

function stageNamed(name: string | undefined): StageConfig {
  const stage = stages.find((one) => one.name === name);
  if (stage !== undefined) return stage;
  throw new Error(`Name a stage with --stage: ${stages.map((one) => one.name).join(', ')}.`);
}

function figure(value: string | undefined, option: string): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number)) throw new Error(`${option} takes a number.`);
  return number;
}

/** The text of the event that the options describe. */
function eventOfOptions(values: Values, now: number): string {
  const { environment, event, value, threshold } = values;
  if (event !== undefined) return readFileSync(event, 'utf8');
  if (environment === undefined)
    throw new Error('Add --environment ID, --event FILE or --table FILE.');
  const fields = {
    ...values,
    environment,
    viewName: values['view-name'],
    value: figure(value, '--value'),
    threshold: figure(threshold, '--threshold'),
  };
  return JSON.stringify(eventOf(fields, now));
}

/** Checks a table and prints what differs. */
async function check(stage: StageConfig, file: string, now: number): Promise<number> {
  const rows = readTable(readFileSync(file, 'utf8'));
  const found = await checkTable(stage, rows, now);
  for (const { line, explanation, differences } of found) {
    const { route } = explanation;
    const by = route === undefined ? 'no route' : routeName(route.position, route.route);
    console.log(`line ${line}: ${eventText(explanation)}: ${differences.join('; ')} (${by})`);
  }
  const same = rows.length - found.length;
  console.log(
    `${rows.length === 1 ? '1 event' : `${rows.length} events`}: ${same} as expected, ${found.length} different.`,
  );
  return found.length === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help === true) {
    console.log(USAGE);
    return 0;
  }
  const now = Date.now();
  const stage = stageNamed(values.stage);
  const inputs = [
    EVENT_OPTIONS.some((name) => values[name] !== undefined),
    values.event !== undefined,
    values.table !== undefined,
  ];
  if (inputs.filter(Boolean).length > 1) {
    throw new Error('Describe an event, or use --event FILE, or --table FILE: only one of them.');
  }
  if (values.table !== undefined) return check(stage, values.table, now);
  console.log(explanationText(await explainEvent(stage, eventOfOptions(values, now), now)));
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.error('For help: npm run -s explain -- --help');
  process.exitCode = 2;
}
