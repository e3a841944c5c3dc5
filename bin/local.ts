/** `npm start`: the bridge on this machine. */

import { orPrintMistakes } from '../config/stage-error.ts';
import type { Bridge } from '../local/bridge.ts';
import { readCommandLine, type StartOptions, USAGE, UsageError } from '../local/command-line.ts';
import { describeLines } from '../local/live-lines.ts';
import { callLoopbackDirectly } from '../local/no-proxy.ts';
import { readOpenIncidents } from '../local/open-incidents.ts';
import { sendSample } from '../local/sample.ts';
import { watchForEnd } from '../local/shutdown.ts';

const { startBridgeWithConsole } = await orPrintMistakes(import('../local/bridge-with-console.ts'));

/** A tick in a deployed stage comes every minute. Here you can watch an incident end. */
const TICK_SECONDS = 5;

/** Commands to try, and how to stop. */
function nextSteps(url: string): string {
  const bridge = `./bridge --stage local${url.endsWith(':4100') ? '' : ` --bridge-url ${url}`}`;
  return [
    '\nTry next, in another terminal:',
    `  ${bridge} send --view 7 --value 75`,
    `  ${bridge} status`,
    `  ${bridge} incidents list`,
    'Ctrl-C stops the bridge. Each incident, failure and resolve is a line below.\n',
  ].join('\n');
}

/** Prints a line per incident, refusal, failure and resolve. */
function printLines({ journal, standIn }: Bridge): void {
  const describe = describeLines(
    (dedupKey) => standIn?.incidents().findLast((one) => one.dedupKey === dedupKey)?.summary,
  );
  // What the sample opened is known already, and not printed again.
  for (const line of journal.lines()) describe(line);
  journal.watch((line) => {
    const text = describe(line);
    if (text !== undefined) console.log(`${new Date().toLocaleTimeString('en-GB')}  ${text}`);
  });
}

async function serve(options: StartOptions, stopped: Promise<void>): Promise<void> {
  const bridge = await startBridgeWithConsole({
    port: options.port,
    ...(options.token === undefined ? {} : { token: options.token }),
    ...(options.pagerDutyUrl === undefined ? {} : { pagerDutyUrl: options.pagerDutyUrl }),
    ...(options.integrationKey === undefined ? {} : { integrationKeys: options.integrationKey }),
    tickSeconds: TICK_SECONDS,
    onProgress: (step) => {
      console.log(`${step} ...`);
    },
  });
  try {
    console.log(`\nWebhook    ${bridge.webhookUrl}`);
    console.log(`Console    ${bridge.url}/`);
    console.log(`PagerDuty  ${bridge.standIn === undefined ? bridge.pagerDutyUrl : 'a stand-in'}`);
    if (options.sendSample) {
      console.log("\nSending the vendor's sample event, with 42 r/s where it has 0 ...");
      const lines = await Promise.race([
        sendSample(bridge, async (dedupKey) => (await readOpenIncidents(bridge)).get(dedupKey)),
        stopped.then(() => []),
      ]);
      console.log(lines.join('\n'));
    }
    console.log(nextSteps(bridge.url));
    console.log('ready');
    if (!options.isQuiet) printLines(bridge);
    await stopped;
  } finally {
    await bridge.stop();
  }
}

async function main(): Promise<void> {
  const options = readCommandLine(process.argv.slice(2), process.env);
  if (options === 'help') {
    console.log(USAGE);
    return;
  }
  const end = watchForEnd();
  try {
    await serve(options, end.reached);
  } catch (error) {
    // Ctrl-C also ends the processes that this one waits for: their errors after it do not matter.
    if (!end.isReached()) throw error;
  }
}

callLoopbackDirectly(process.env);

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  if (error instanceof UsageError) console.error(`\n${USAGE}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
