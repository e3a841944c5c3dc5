/**
 * Waits for its input to end, then replays all of a local bridge's dead-letter queue. The test kills
 * it meanwhile. Prints the number of dead letters sent so far, one per line.
 */

import { text } from 'node:stream/consumers';

import { local } from '../../../config/local.ts';
import { planReplay, runReplay } from '../../../ops/dead-letters/replay.ts';
import { evenPace } from '../../../ops/pace.ts';
import { findStage } from '../../../ops/stage/find.ts';

const stage = await findStage({ stage: 'local', env: process.env, stages: [local] });
await text(process.stdin);
const { plan } = await planReplay(stage, {}, { newestPerIncident: false });
process.stdout.write('0\n');
await runReplay(stage, plan, {
  pace: evenPace(300),
  // What a killed run holds becomes visible soon, so that the next run need not wait.
  timing: { visibilityTimeout: 1 },
  onProgress: ({ sent }) => process.stdout.write(`${sent}\n`),
});
