import { Stack } from 'aws-cdk-lib';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { AlarmTopic } from './alarm-topic.ts';
import type { BridgeFunction } from './bridge-function.ts';
import type { EventsQueue } from './events-queue.ts';
import type { IntegrationKeys } from './integration-keys.ts';
import {
  type OperatorRole,
  type OperatorResource,
  grantsOf,
  KEY_ACTIONS,
} from './operator-grants.ts';
import type { OpenIncidents } from './open-incidents.ts';
import type { Storage } from './storage.ts';
import type { WebhookToken } from './webhook-token.ts';

/** Properties of {@link OperatorPolicies}. */
export interface OperatorPoliciesProps {
  readonly stageName: string;
  readonly storage: Storage;
  readonly token: WebhookToken;
  readonly keys: IntegrationKeys;
  readonly events: EventsQueue;
  /** @default none: no route of the stage resolves incidents */
  readonly openIncidents: OpenIncidents | undefined;
  readonly topic: AlarmTopic;
  readonly ingest: BridgeFunction;
  readonly delivery: BridgeFunction;
}

/** What the policies are for. */
const DESCRIPTIONS: Readonly<Record<OperatorRole, string>> = {
  viewer: 'The commands of the Glasnostic PagerDuty bridge that only read',
  operator: 'All commands of the Glasnostic PagerDuty bridge',
};

/** Managed policies with the permissions of the operator's commands, to attach to roles. */
export class OperatorPolicies extends Construct {
  readonly viewer: ManagedPolicy;
  readonly operator: ManagedPolicy;
  /** Pattern of the ARN of the stack. Commands know its name, but not the ID at the end. */
  readonly stackArn: string;

  constructor(scope: Construct, id: string, props: OperatorPoliciesProps) {
    super(scope, id);
    const stack = Stack.of(this);
    this.stackArn = stack.formatArn({
      service: 'cloudformation',
      resource: 'stack',
      resourceName: `${stack.stackName}/*`,
    });
    this.viewer = this.#policyOf('viewer', 'Viewer', props);
    this.operator = this.#policyOf('operator', 'Operator', props);
  }

  #policyOf(role: OperatorRole, id: string, props: OperatorPoliciesProps): ManagedPolicy {
    const { stageName, storage, openIncidents, events, topic, ingest, delivery } = props;
    const arns: Readonly<Record<OperatorResource, string | undefined>> = {
      stack: this.stackArn,
      'events queue': events.queue.queueArn,
      'dead-letter queue': events.deadLetterQueue.queueArn,
      'integration keys': props.keys.secret.secretArn,
      'webhook token': props.token.secret.secretArn,
      'ingest log': ingest.logGroup.logGroupArn,
      'delivery log': delivery.logGroup.logGroupArn,
      'open incidents': openIncidents?.table.tableArn,
      'alarm topic': topic.topic.topicArn,
      CloudWatch: '*',
    };
    const statements = grantsOf(role).flatMap(({ resource, actions }) => {
      const arn = arns[resource];
      const statement = { actions: [...actions], resources: [arn ?? ''] };
      return arn === undefined ? [] : [new PolicyStatement(statement)];
    });
    const { stageKey } = storage;
    if (stageKey !== undefined) {
      const resources = [stageKey.key.keyArn];
      statements.push(new PolicyStatement({ actions: [...KEY_ACTIONS[role]], resources }));
    }
    return new ManagedPolicy(this, id, {
      description: `${DESCRIPTIONS[role]} (stage ${stageName})`,
      statements,
    });
  }
}
