/** `npm run drill`: rehearses an outage of PagerDuty on a bridge of its own, and judges it. */

import { parseArgs } from 'node:util';
import { startBridge } from '../local/bridge.ts';
import { FAST, FULL } from '../local/drill/plan.ts';
import { faultsOf, tableOf, verdictOf } from '../local/drill/report.ts';
import { runDrill } from '../local/drill/steps.ts';
import { watchForEnd } from '../local/shutdown.ts';

const USAGE = `Usage: npm run drill -- [--fast]

Rehearses an outage of PagerDuty on a local bridge of its own: a normal event, a storm, an outage,
the recovery, a refusal, a replay, and a new integration key. Takes about two minutes.

  --fast   smaller and shorter: under half a minute
  --help   this text

Exit codes: 0 passed, 1 an event is not accounted for or not delivered, 2 wrong usage.`;

async function main(isFast: boolean): Promise<number> {
  const end = watchForEnd();
  const stopping = new AbortController();
  void end.reached.then(() => stopping.abort(new Error('Stopped.')));
  const plan = isFast ? FAST : FULL;
  const begin = performance.now();
  const bridge = await startBridge({
    stage: plan.stage,
    onProgress: (step) => {
      console.log(`${step} ...`);
    },
  });
  try {
    console.log(`Watch it at ${bridge.url}/`);
    const result = await runDrill(bridge, {
      plan,
      signal: stopping.signal,
      say: (line) => {
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

function readArguments(): { readonly fast: boolean; readonly help: boolean } | string {
  try {
    const { values } = parseArgs({
      options: { fast: { type: 'boolean' }, help: { type: 'boolean' } },
    });
    return { fast: values.fast ?? false, help: values.help ?? false };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const choice = readArguments();
if (typeof choice === 'string') {
  console.error(`${choice}\n\n${USAGE}`);
  process.exitCode = 2;
} else if (choice.help) {
  console.log(USAGE);
} else {
  try {
    process.exitCode = await main(choice.fast);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
