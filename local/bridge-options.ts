import type { StageConfig } from '../config/stage.ts';
import type { StandInOptions } from './pagerduty/stand-in.ts';
import type { AssemblyStack } from './stack/template.ts';

/** How to start a local bridge. */
export interface BridgeOptions {
  /** Port of the webhook and of the console. @default a free one */
  readonly port?: number;
  /** Stage to run. @default the stage `local` */
  readonly stage?: StageConfig;
  /** The stage's stack, when it was synthesised before. @default it is synthesised now */
  readonly assembly?: AssemblyStack;
  /** Webhook token. @default generated as the template says */
  readonly token?: string;
  /** Base URL of another PagerDuty; then no stand-in is started. @default the stand-in */
  readonly pagerDutyUrl?: string;
  /**
   * One integration key for every service, or the keys by service (those left out are missing).
   * @default a generated one for every service of the stage's routes
   */
  readonly integrationKeys?: string | Readonly<Record<string, string>>;
  /** The stand-in's rate limit, and the keys that it knows. @default PagerDuty's; those in the secret */
  readonly standIn?: Omit<StandInOptions, 'port'>;
  /** Limit on the requests to the webhook; `false` for none. @default the template's */
  readonly throttle?: false;
  /** Told what happens while the bridge starts. */
  readonly onProgress?: (step: string) => void;
}
