import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

import { startBridge } from '../../local/bridge.ts';
import { count } from '../../local/drill/accounts.ts';
import { FAST } from '../../local/drill/plan.ts';
import { faultsOf } from '../../local/drill/report.ts';
import { runDrill } from '../../local/drill/steps.ts';

const run = promisify(execFile);

/** Milliseconds. The command takes about 20 s on an idle machine. */
const COMMAND_LIMIT = 180_000;

test('npm run drill -- --fast prints each step, ends with a table, and passes', async () => {
  // Rejects when the exit code is not 0.
  const { stdout } = await run(process.execPath, ['bin/drill.ts', '--fast'], {
    timeout: COMMAND_LIMIT,
  }).catch((error: Error & { readonly stdout?: string }) => {
    throw new Error(`${error.message}\n${error.stdout}`);
  });
  for (const step of ['normal event', 'storm', 'outage', 'recovery', 'refusal', 'replay']) {
    expect(stdout).toMatch(new RegExp(`^${step} +\\d`, 'm'));
  }
  const all = /^all +(.*)$/m.exec(stdout)?.[1]?.split(/\s+/).map(Number);
  // Events in, delivered, deduplicated, dead-lettered, replayed, waiting, lost, calls, 429s.
  expect(all?.slice(0, 1)).toEqual([171]);
  expect(all?.slice(3, 7)).toEqual([3, 3, 0, 0]);
  expect(all?.[8]).toBe(0);
  expect(stdout).toMatch(/Slowest page after recovery: \d+\.\d s\.\nPassed/);
});

test('a wrong option is refused with the usage', async () => {
  await expect(run(process.execPath, ['bin/drill.ts', '--slow'])).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Usage: npm run drill'),
  });
});

test('events lost during the outage fail the drill', async () => {
  const bridge = await startBridge({ stage: FAST.stage });
  try {
    const stopping = new AbortController();
    const purge = () =>
      bridge.aws.queues.call('PurgeQueue', { QueueUrl: bridge.queue('events').url });
    const plan = {
      ...FAST,
      // No event that is deduplicated into one that waits.
      storm: { events: 1, views: 1, perSecond: 50 },
      outage: { events: 4, views: 4, seconds: 1 },
      refused: 1,
      resultTimeoutSeconds: 4,
    };
    const printed: string[] = [];
    const ending = await runDrill(bridge, {
      plan,
      signal: stopping.signal,
      print: (line) => {
        printed.push(line.trim());
        // They back off for longer than a purge takes.
        if (line.includes('events waiting')) void purge();
        // The other steps add nothing.
        if (line.includes('Lost: ')) stopping.abort(new Error('The loss was found.'));
      },
    }).then(faultsOf, String);
    const lost = bridge.aws.queues.purged(bridge.queue('events').name);
    expect(lost).toBeGreaterThan(0);
    expect(printed).toContain(`! Lost: ${count(lost, 'event')}.`);
    expect(ending).toBe('Error: The loss was found.');
  } finally {
    await bridge.stop();
  }
});
