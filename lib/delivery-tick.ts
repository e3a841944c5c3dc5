import { Stack } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule, CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import type { StageConfig } from '../config/stage.ts';
import { TICK_BODY } from '../lambda/shared/message.ts';
import type { EventsQueue } from './events-queue.ts';
import { TICK_PERIOD } from './metrics.ts';

/**
 * For so long EventBridge Scheduler tries to send a tick, seconds: the minimum. An older tick is of
 * no use, because the next one comes.
 * https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html
 */
const MAX_AGE_SECONDS = 60;

/** Properties of {@link DeliveryTick}. */
export interface DeliveryTickProps {
  readonly stage: StageConfig;
  readonly events: EventsQueue;
}

/**
 * A message per minute through the events queue. Delivery publishes the metrics of its state with it,
 * and resolves quiet incidents in a stage that does. If none comes through, delivery is broken.
 */
export class DeliveryTick extends Construct {
  readonly schedule: CfnSchedule;
  readonly role: Role;
  /** A group of its own: EventBridge Scheduler has metrics per group, not per schedule. */
  readonly group: CfnScheduleGroup;

  constructor(scope: Construct, id: string, props: DeliveryTickProps) {
    super(scope, id);
    const { stage, events } = props;
    this.group = new CfnScheduleGroup(this, 'Group');
    this.role = new Role(this, 'Role', {
      // Only schedules of this group:
      // https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: {
            'aws:SourceAccount': Stack.of(this).account,
            'aws:SourceArn': this.group.attrArn,
          },
        },
      }),
      description: `Role of the schedule of ticks of stage ${stage.name}`,
    });
    events.grantSendTicks(this.role);
    this.schedule = new CfnSchedule(this, 'Schedule', {
      description: `Sends a tick to delivery every minute (stage ${stage.name})`,
      groupName: this.group.ref,
      scheduleExpression: 'rate(1 minute)',
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: events.queue.queueArn,
        roleArn: this.role.roleArn,
        input: TICK_BODY,
        retryPolicy: { maximumEventAgeInSeconds: MAX_AGE_SECONDS },
      },
    });
    // Without the policy of the role, the first ticks would fail.
    this.schedule.node.addDependency(this.role);
  }

  /** Attempts to send a tick, per minute. No data if there is no schedule, or if it is disabled. */
  attempts(): Metric {
    return new Metric({
      namespace: 'AWS/Scheduler',
      metricName: 'InvocationAttemptCount',
      dimensionsMap: { ScheduleGroup: this.group.ref },
      statistic: 'Sum',
      period: TICK_PERIOD,
    });
  }
}
