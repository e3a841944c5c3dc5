/** `npm run drill`: rehearses an outage of PagerDuty on a local bridge, and checks every event. */

import { parseArgs } from 'node:util';
import { orPrintMistakes } from '../config/stage-error.ts';
import { faultsOf, tableOf, verdictOf } from '../local/drill/report.ts';
import { runDrill } from '../local/drill/steps.ts';
import { watchForEnd } from '../local/shutdown.ts';

const { startBridgeWithConsole } = await orPrintMistakes(import('../local/bridge-with-console.ts'));
const { startBridge } = await import('../local/bridge.ts');
const { FAST, FULL } = await orPrintMistakes(import('../local/drill/plan.ts'));

const USAGE = `Usage: npm run drill -- [--fast] [--console]

Rehearses an outage of PagerDuty on a local bridge of its own: a normal event, a storm, an outage,
the recovery, a refusal, a replay, and a new integration key. Takes about two minutes.

  --fast      smaller and shorter: about half a minute
  --console   serve the console page too, to watch the drill; its work is part of the figures then
  --help      this text

Exit codes: 0 passed, 1 an event is not accounted for or not delivered, 2 wrong usage.`;

/** Shorter than in a deployed stage, so that quiet incidents end during the drill. */
const TICK_SECONDS = 5;

interface Options {
  readonly fast?: boolean | undefined;
  readonly console?: boolean | undefined;
  readonly help?: boolean | undefined;
}

async function main({ fast, console: withConsole }: Options): Promise<number> {
  const end = watchForEnd();
  const stopping = new AbortController();
  void end.reached.then(() => stopping.abort(new Error('Stopped.')));
  const plan = fast === true ? FAST : FULL;
  const begin = performance.now();
  const start = withConsole === true ? startBridgeWithConsole : startBridge;
  const bridge = await start({
    stage: plan.stage,
    tickSeconds: TICK_SECONDS,
    onProgress: (step) => {
      console.log(`${step} ...`);
    },
  });
  try {
    if (withConsole === true) console.log(`Watch it at ${bridge.url}/`);
    const result = await runDrill(bridge, {
      plan,
      signal: stopping.signal,
      print: (line) => {
        console.log(line);
      },
    });
    console.log(`\n${tableOf(result)}\n\n${verdictOf(result)}`);
    console.log(`It took ${Math.round((performance.now() - begin) / 1000)} s.`);
    return faultsOf(result).length === 0 ? 0 : 1;
  } finally {
    await bridge.stop();
  }
}

function readArguments(): Options | string {
  const option = { type: 'boolean' } as const;
  try {
    return parseArgs({ options: { fast: option, console: option, help: option } }).values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const options = readArguments();
if (typeof options === 'string') {
  console.error(`${options}\n\n${USAGE}`);
  process.exitCode = 2;
} else if (options.help === true) {
  console.log(USAGE);
} else {
  try {
    process.exitCode = await main(options);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
