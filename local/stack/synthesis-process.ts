/**
 * Entry of the process that synthesises a stage. It receives the stage as a message, writes the
 * assembly, and answers where it is. In a process of its own, so that CDK does not stay in the bridge's
 * memory, and the bridge can start other parts meanwhile.
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
