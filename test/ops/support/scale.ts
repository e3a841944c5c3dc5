/**
 * Runs one command on many dead letters and prints figures, as JSON:
 * `npx node test/ops/support/scale.ts 100000 dlq list --limit 5`. Every eleventh is of the
 * service `network`, the others of `platform`, and they are about ten views.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { addDeadLetters, startQueues } from './queues.ts';

const OPS = fileURLToPath(new URL('../../../bin/ops.ts', import.meta.url));

/** Heap of the command, MB: a small one shows that memory does not grow. @default Node's own */
const heap = process.env['HEAP_MB'];

/** Dead letters per send. */
const CHUNK = 10_000;

const deadLetterCount = Number(process.argv[2]);
const queues = await startQueues();
for (let first = 0; first < deadLetterCount; first += CHUNK) {
  await addDeadLetters(queues, Math.min(CHUNK, deadLetterCount - first), (number) => ({
    service: (first + number) % 11 === 0 ? 'network' : 'platform',
    view: String(number % 10),
    at: Date.now() - number * 1_000,
  }));
}
const start = performance.now();
const child = spawn(
  process.execPath,
  [...(heap === undefined ? [] : [`--max-old-space-size=${heap}`]), OPS, ...process.argv.slice(3)],
  {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env['PATH'], BRIDGE_STAGE: 'local', BRIDGE_URL: queues.bridgeUrl },
  },
);
let bytes = 0;
let last = '';
child.stdout.on('data', (chunk: Buffer) => {
  bytes += chunk.length;
  last = (last + chunk.toString('utf8')).slice(-100);
});
const [code] = await once(child, 'close');
const seconds = (performance.now() - start) / 1_000;
const [deadLetters, events] = [await queues.deadLetters.depth(), await queues.events.depth()];
process.stdout.write(`${JSON.stringify({ code, seconds, bytes, last, deadLetters, events })}\n`);
await queues.stop();
