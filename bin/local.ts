/** `npm start`: the bridge on this machine. */

import { startBridgeWithConsole } from '../local/bridge-with-console.ts';
import { readCommandLine, type StartOptions, USAGE, UsageError } from '../local/command-line.ts';
import { readOpenIncidents } from '../local/open-incidents.ts';
import { sendSample } from '../local/sample.ts';
import { watchForEnd } from '../local/shutdown.ts';

/** A tick in a deployed stage comes every minute. Here you can watch an incident end. */
const TICK_SECONDS = 5;

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
      console.log("\nSending the vendor's sample event ...");
      const lines = await Promise.race([
        sendSample(bridge, async (dedupKey) => (await readOpenIncidents(bridge)).get(dedupKey)),
        stopped.then(() => []),
      ]);
      console.log(lines.join('\n'));
    }
    console.log('\nready');
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

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  if (error instanceof UsageError) console.error(`\n${USAGE}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
