/**
 * Entry of the process that synthesises a stage: takes the stage over the channel, writes the
 * assembly, answers what is in it. A process of its own, so that the bridge does not carry CDK
 * along for the rest of its life, and starts other things meanwhile.
 */

import { bridgeApp } from '../../lib/bridge-app.ts';
import type { SynthesisRequest } from './synthesis.ts';

process.on('disconnect', () => process.exit(1));

process.once('message', ({ stage, directory }: SynthesisRequest) => {
  const [stack] = bridgeApp({ stages: [stage], outdir: directory }).synth().stacks;
  if (stack === undefined) throw new Error('The app has no stack.');
  const { stackName } = stack;
  const artifactId = stack.templateFile.replace(/\.template\.json$/, '');
  process.send?.({ directory, artifactId, stackName }, () => process.exit(0));
});
