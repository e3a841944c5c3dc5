/** Names a stage for a question, so that nothing is changed in the wrong account. */

import type { StageContext } from './context.ts';

/** Account and region of a deployed stage, as its stack names them, or that it is the local bridge. */
export function placeOf({ bridgeUrl, outputs, access }: StageContext): string {
  if (bridgeUrl !== undefined) return 'the local bridge';
  const account = outputs.integrationKeysSecretArn.split(':')[4] ?? 'not known';
  return `account ${account}, ${access.region ?? 'region not known'}`;
}

/** The stage with its place. */
export function targetOf(context: StageContext): string {
  return `stage ${context.stage.name} (${placeOf(context)})`;
}
