import { Construct } from 'constructs';
import type { StageConfig } from '../config/stage.ts';
import { ENV } from '../lambda/shared/environment.ts';
import { BridgeFunction } from './bridge-function.ts';
import type { EventsQueue } from './events-queue.ts';
import type { Storage } from './storage.ts';
import type { IntegrationKeys } from './integration-keys.ts';
import type { OpenIncidents } from './open-incidents.ts';

/** Properties of {@link DeliveryFunction}. */
export interface DeliveryFunctionProps {
  readonly stage: StageConfig;
  readonly storage: Storage;
  readonly keys: IntegrationKeys;
  readonly events: EventsQueue;
  /** @default none: no route of the stage resolves incidents */
  readonly openIncidents: OpenIncidents | undefined;
}

/** Takes events from the queue and notifies PagerDuty. */
export class DeliveryFunction extends Construct {
  readonly bridge: BridgeFunction;

  constructor(scope: Construct, id: string, props: DeliveryFunctionProps) {
    super(scope, id);
    const { stage, storage, keys, events, openIncidents } = props;
    this.bridge = new BridgeFunction(this, 'Bridge', {
      stage,
      storage,
      name: 'delivery',
      description: `Delivers queued events to PagerDuty (stage ${stage.name})`,
      ...stage.deliveryFunction,
    });
    this.bridge.setVariable(ENV.pagerDutyUrl, stage.pagerDutyUrl);
    this.bridge.setVariable(ENV.consoleUrl, stage.consoleUrl);
    this.bridge.setVariable(ENV.deliverySettings, JSON.stringify(stage.delivery));
    keys.grantRead(this.bridge);
    events.deliverTo(this.bridge);
    openIncidents?.grantUse(this.bridge);
  }
}
