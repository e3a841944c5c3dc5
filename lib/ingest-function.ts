import { Construct } from 'constructs';
import type { StageConfig } from '../config/stage.ts';
import { ENV } from '../lambda/shared/environment.ts';
import { BridgeFunction } from './bridge-function.ts';
import type { EventsQueue } from './events-queue.ts';
import type { Storage } from './storage.ts';
import type { WebhookToken } from './webhook-token.ts';

/**
 * Node's options for the sizes of its heap. A request leaves little garbage, but with Lambda's
 * defaults the young generation takes 50 MiB more under a storm. Lambda sets neither size when
 * either is set.
 *
 * @param memoryMB memory of the function, MB
 */
export function heapOptions(memoryMB: number): string {
  return `--max-semi-space-size=1 --max-old-space-size=${Math.floor(memoryMB / 2)}`;
}

/** Properties of {@link IngestFunction}. */
export interface IngestFunctionProps {
  readonly stage: StageConfig;
  readonly storage: Storage;
  readonly token: WebhookToken;
  readonly events: EventsQueue;
}

/** Checks events from Glasnostic and puts them into the queue. */
export class IngestFunction extends Construct {
  readonly bridge: BridgeFunction;

  constructor(scope: Construct, id: string, props: IngestFunctionProps) {
    super(scope, id);
    const { stage, storage, token, events } = props;
    this.bridge = new BridgeFunction(this, 'Bridge', {
      stage,
      storage,
      name: 'ingest',
      description: `Checks Glasnostic's webhook events and queues them (stage ${stage.name})`,
      ...stage.ingestFunction,
    });
    if (stage.allowedNetworks.length > 0) {
      this.bridge.setVariable(ENV.allowedNetworks, stage.allowedNetworks.join(','));
    }
    this.bridge.setVariable('NODE_OPTIONS', heapOptions(stage.ingestFunction.memoryMB));
    token.grantRead(this.bridge);
    events.grantSend(this.bridge);
  }
}
