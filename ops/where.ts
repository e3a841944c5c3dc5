/** What an explanation may say about the stage. */

import type { Where } from './aws/explain.ts';
import type { StageContext } from './stage/context.ts';

/** What an explanation may say about a stage that was found. */
export function whereOf({ stage, access, bridgeUrl }: StageContext): Where {
  return {
    stage: stage.name,
    region: access.region,
    profile: access.profile,
    isLocal: bridgeUrl !== undefined,
  };
}
