import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import {
  API_OUTPUT,
  CUSTOM_DOMAIN_OUTPUTS,
  DASHBOARD_OUTPUT,
  OPEN_INCIDENTS_OUTPUT,
  OUTPUTS,
  POLICY_OUTPUTS,
  TICK_OUTPUT,
  stackNameOf,
} from '../config/outputs.ts';
import type { StageConfig } from '../config/stage.ts';
import { hasResolvingRoute } from '../lambda/shared/routes.ts';
import { acknowledgeFindings } from './acknowledgements.ts';
import { AlarmTopic } from './alarm-topic.ts';
import { Alarms } from './alarms.ts';
import { BridgeDashboard } from './dashboard.ts';
import { DeliveryFunction } from './delivery-function.ts';
import { DeliveryTick } from './delivery-tick.ts';
import { EventsQueue } from './events-queue.ts';
import { IngestApi } from './ingest-api.ts';
import { IngestFunction } from './ingest-function.ts';
import { IntegrationKeys } from './integration-keys.ts';
import { OpenIncidents } from './open-incidents.ts';
import { OperatorPolicies } from './operator-policies.ts';
import { applyPlatformOptions, platformStackProps } from './platform-options.ts';
import { SavedQueries } from './queries.ts';
import { storageOf } from './storage.ts';
import { WebhookToken } from './webhook-token.ts';

/** Properties of {@link BridgeStack}. */
export interface BridgeStackProps {
  readonly stage: StageConfig;
}

/** Value and description of a stack output. */
type Output = readonly [value: string, description: string];

/** The stack of one stage. Its ID is the stage's name, as in `cdk deploy <stage>`. */
export class BridgeStack extends Stack {
  constructor(scope: Construct, props: BridgeStackProps) {
    const { stage } = props;
    super(scope, stage.name, {
      stackName: stackNameOf(stage.name),
      description: `Glasnostic PagerDuty bridge, stage ${stage.name}`,
      terminationProtection: stage.terminationProtection,
      ...platformStackProps(stage),
      env: {
        ...(stage.account === undefined ? {} : { account: stage.account }),
        ...(stage.region === undefined ? {} : { region: stage.region }),
      },
    });
    const storage = storageOf(this, stage);
    const token = new WebhookToken(this, 'WebhookToken', { storage });
    const keys = new IntegrationKeys(this, 'IntegrationKeys', { storage });
    const events = new EventsQueue(this, 'Queue', { stage, storage });
    const ingest = new IngestFunction(this, 'Ingest', { stage, storage, token, events }).bridge;
    const openIncidents = hasResolvingRoute(stage.routes)
      ? new OpenIncidents(this, 'OpenIncidents', { storage })
      : undefined;
    const delivery = new DeliveryFunction(this, 'Delivery', {
      stage,
      storage,
      keys,
      events,
      openIncidents,
    }).bridge;
    const tick = new DeliveryTick(this, 'Tick', { stage, events });
    const api = new IngestApi(this, 'Webhook', { stage, storage, handler: ingest });
    const topic = new AlarmTopic(this, 'AlarmTopic', { stage, storage });
    const watched = { stage, events, api, ingest, delivery, tick, openIncidents };
    const alarms = new Alarms(this, 'Alarms', { ...watched, topic });
    const dashboard = stage.dashboard
      ? new BridgeDashboard(this, 'Dashboard', { ...watched, alarms })
      : undefined;
    new SavedQueries(this, 'Queries', {
      stageName: stage.name,
      ingestLog: ingest.logGroup,
      deliveryLog: delivery.logGroup,
      accessLog: api.accessLog,
      resolves: openIncidents !== undefined,
    });
    const policies = stage.operatorPolicies
      ? new OperatorPolicies(this, 'OperatorPolicies', {
          stageName: stage.name,
          storage,
          token,
          keys,
          events,
          openIncidents,
          topic,
          ingest,
          delivery,
        })
      : undefined;
    applyPlatformOptions(this, stage);
    acknowledgeFindings({
      stage,
      storage,
      token,
      keys,
      events,
      tick,
      openIncidents,
      api,
      topic,
      functions: [ingest, delivery],
      policies,
    });

    const { domain } = api;
    this.#output({
      [OUTPUTS.stageName]: [stage.name, 'Name of the stage'],
      [OUTPUTS.region]: [this.region, 'Region of the stack'],
      [OUTPUTS.webhookUrl]: [
        api.webhookUrl,
        'URL that Glasnostic posts to; append a slash and the token',
      ],
      [OUTPUTS.webhookTokenSecretArn]: [
        token.secret.secretArn,
        'Secret that holds the webhook token',
      ],
      [OUTPUTS.integrationKeysSecretArn]: [
        keys.secret.secretArn,
        "Secret that holds PagerDuty's integration keys",
      ],
      [OUTPUTS.eventsQueueUrl]: [events.queue.queueUrl, 'Events that wait'],
      [OUTPUTS.eventsQueueArn]: [events.queue.queueArn, 'Events that wait'],
      [OUTPUTS.deadLetterQueueUrl]: [events.deadLetterQueue.queueUrl, 'Dead letters'],
      [OUTPUTS.deadLetterQueueArn]: [events.deadLetterQueue.queueArn, 'Dead letters'],
      [OUTPUTS.ingestFunctionName]: [ingest.function.functionName, 'Ingest function'],
      [OUTPUTS.deliveryFunctionName]: [delivery.function.functionName, 'Delivery function'],
      [OUTPUTS.ingestLogGroupName]: [ingest.logGroup.logGroupName, 'Logs of ingest'],
      [OUTPUTS.deliveryLogGroupName]: [delivery.logGroup.logGroupName, 'Logs of delivery'],
      [OUTPUTS.accessLogGroupName]: [api.accessLog.logGroupName, 'Access log of the webhook'],
      [OUTPUTS.alarmTopicArn]: [topic.topic.topicArn, 'Topic that alarms go to'],
    } satisfies Record<(typeof OUTPUTS)[keyof typeof OUTPUTS], Output>);
    this.#output({
      [TICK_OUTPUT]: [tick.group.ref, 'Schedule group of the ticks'],
      [API_OUTPUT]: [api.api.apiId, 'HTTP API of the webhook'],
    });
    if (dashboard !== undefined) {
      this.#output({ [DASHBOARD_OUTPUT]: [dashboard.url, 'Dashboard in the CloudWatch console'] });
    }
    if (openIncidents !== undefined) {
      this.#output({
        [OPEN_INCIDENTS_OUTPUT]: [openIncidents.table.tableName, 'Table of open incidents'],
      });
    }
    if (policies !== undefined) {
      this.#output({
        [POLICY_OUTPUTS.viewer]: [
          policies.viewer.managedPolicyArn,
          'Policy of the commands that only read',
        ],
        [POLICY_OUTPUTS.operator]: [policies.operator.managedPolicyArn, 'Policy of all commands'],
      });
    }
    if (domain !== undefined) {
      this.#output({
        [CUSTOM_DOMAIN_OUTPUTS.target]: [
          domain.regionalDomainName,
          'What the DNS record of the custom domain points to',
        ],
        [CUSTOM_DOMAIN_OUTPUTS.hostedZoneId]: [
          domain.regionalHostedZoneId,
          'Hosted zone of that name, for an ALIAS record',
        ],
      });
    }
  }

  #output(outputs: Readonly<Record<string, Output>>): void {
    for (const [name, [value, description]] of Object.entries(outputs)) {
      new CfnOutput(this, name, { value, description });
    }
  }
}
