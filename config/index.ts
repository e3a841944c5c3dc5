import { defineStages } from './define-stage.ts';
import { example } from './example.ts';
import { local } from './local.ts';

/** Every stage of the project. `npx cdk deploy <name>` deploys one of them. */
export const stages = defineStages([example, local]);
