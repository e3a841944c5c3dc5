/** Names a stage for a question, so that nothing is changed in the wrong account. */

import type { StageContext } from './context.ts';

/** The stage, and for a deployed one the account and the region, as its stack names them. */
export function targetOf({ stage, bridgeUrl, outputs, access }: StageContext): string {
  if (bridgeUrl !== undefined) return `stage ${stage.name} (the local bridge)`;
  const account = outputs.integrationKeysSecretArn.split(':')[4] ?? 'not known';
  return `stage ${stage.name} (account ${account}, ${access.region ?? 'region not known'})`;
}
