import { Annotations, Stack } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type ITopic, Topic, type Subscription } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { hasReceiver, NO_RECEIVER, NO_RECEIVER_WARNING } from '../config/receivers.ts';
import type { StageConfig } from '../config/stage.ts';
import type { Storage } from './storage.ts';

/** Properties of {@link AlarmTopic}. */
export interface AlarmTopicProps {
  readonly stage: StageConfig;
  readonly storage: Storage;
}

/**
 * Sends alarms to the stage's e-mail addresses and to a topic of its owner, and never through the
 * bridge itself. `./bridge alarms page` subscribes PagerDuty, because no template may have the key.
 */
export class AlarmTopic extends Construct {
  readonly topic: Topic;
  /** One for each e-mail address. */
  readonly subscriptions: readonly Subscription[];
  readonly #topics: readonly ITopic[];

  constructor(scope: Construct, id: string, props: AlarmTopicProps) {
    super(scope, id);
    const { stage, storage } = props;
    this.topic = new Topic(this, 'Topic', {
      displayName: `Glasnostic PagerDuty bridge ${stage.name}`,
      enforceSSL: true,
      ...(storage.encryptionKey === undefined ? {} : { masterKey: storage.encryptionKey }),
    });
    const stack = Stack.of(this);
    // A policy of its own replaces the default policy, which lets the account's alarms publish.
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
      }),
    );
    this.subscriptions = stage.alarmEmails.map((address) =>
      this.topic.addSubscription(new EmailSubscription(address)),
    );
    const { topicArn } = stage.alarms;
    const topics = [this.topic];
    this.#topics =
      topicArn === undefined ? topics : [...topics, Topic.fromTopicArn(this, 'Owner', topicArn)];
    if (!hasReceiver(stage)) {
      Annotations.of(this).addWarningV2(NO_RECEIVER_WARNING, NO_RECEIVER);
    }
  }

  /** Makes an alarm notify the topic when it goes off and when it is over. */
  notify(alarm: Alarm): void {
    alarm.addAlarmAction(...this.#actions());
    alarm.addOkAction(...this.#actions());
  }

  /** Makes an alarm also notify the topic when it has no data any more. */
  notifyWithoutData(alarm: Alarm): void {
    alarm.addInsufficientDataAction(...this.#actions());
  }

  #actions(): readonly SnsAction[] {
    return this.#topics.map((topic) => new SnsAction(topic));
  }
}
