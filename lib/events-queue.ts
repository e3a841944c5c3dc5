import { Duration } from 'aws-cdk-lib';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { StageConfig } from '../config/stage.ts';
import { ENV } from '../lambda/shared/environment.ts';
import type { BridgeFunction } from './bridge-function.ts';
import type { Storage } from './storage.ts';

/**
 * Receives after which SQS itself moves a message to the dead-letter queue: the maximum of SQS. The
 * function gives up earlier, and with a reason. This is for a message that crashes the function
 * every time.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
 */
const MAX_RECEIVE_COUNT = 1000;

/**
 * Function timeouts in the visibility timeout. AWS advises at least six.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
const VISIBILITY_PER_TIMEOUT = 6;

/**
 * Extra time for an invocation that was throttled and starts late, seconds. Delivery needs a
 * message to stay invisible for five of its timeouts after it decided about it, even if it cannot
 * defer it.
 */
const LATE_INVOCATION_SECONDS = 60;

/** Visibility timeout of the events queue, seconds. Gathering a batch takes up to its window. */
export function visibilityTimeoutOf({ deliveryFunction }: StageConfig): number {
  const { timeoutSeconds, batchWindowSeconds } = deliveryFunction;
  return timeoutSeconds * VISIBILITY_PER_TIMEOUT + batchWindowSeconds + LATE_INVOCATION_SECONDS;
}

/**
 * Actions of Lambda's pollers on the queue, under the function's role.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions
 */
const POLLER_ACTIONS = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];

/** Properties of {@link EventsQueue}. */
export interface EventsQueueProps {
  readonly stage: StageConfig;
  readonly storage: Storage;
}

/**
 * The events queue and its dead-letter queue. They are standard queues, because alerts need no
 * order. The message group of each event prevents that one noisy service delays the others.
 *
 * The dead-letter queue has no redrive allow policy that names the events queue. The events queue
 * already refers to the dead-letter queue, and CloudFormation does not allow circular references.
 */
export class EventsQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;
  #delivery: EventSourceMapping | undefined;

  readonly #stage: StageConfig;
  readonly #storage: Storage;

  constructor(scope: Construct, id: string, props: EventsQueueProps) {
    super(scope, id);
    const { stage, storage } = props;
    this.#stage = stage;
    this.#storage = storage;
    const common: QueueProps = {
      ...(storage.encryptionKey === undefined
        ? { encryption: QueueEncryption.SQS_MANAGED }
        : { encryption: QueueEncryption.KMS, encryptionMasterKey: storage.encryptionKey }),
      enforceSSL: true,
      retentionPeriod: Duration.days(stage.queue.retentionDays),
      removalPolicy: storage.removalPolicy,
    };
    this.deadLetterQueue = new Queue(this, 'DeadLetters', common);
    this.queue = new Queue(this, 'Events', {
      ...common,
      visibilityTimeout: Duration.seconds(visibilityTimeoutOf(stage)),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: MAX_RECEIVE_COUNT },
    });
    for (const queue of [this.queue, this.deadLetterQueue]) storage.stageKey?.allowBefore(queue);
  }

  /**
   * The event source mapping of the delivery function.
   *
   * @throws Error before {@link EventsQueue.deliverTo}
   */
  get delivery(): EventSourceMapping {
    if (this.#delivery === undefined) throw new Error('Nothing consumes the events queue yet.');
    return this.#delivery;
  }

  /** Lets a function put events into the queue, and sets the variable with its URL. */
  grantSend(fn: BridgeFunction): void {
    fn.allow(['sqs:SendMessage'], this.queue.queueArn);
    fn.setVariable(ENV.eventsQueueUrl, this.queue.queueUrl);
    this.#storage.stageKey?.grantSend(fn.role);
  }

  /** Lets the role of a schedule put ticks into the queue. */
  grantSendTicks(role: Role): void {
    role.addToPolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.queue.queueArn] }),
    );
    this.#storage.stageKey?.grantSend(role);
  }

  /**
   * Makes a function the consumer. Lambda polls the queue. The function defers events that wait,
   * and sends dead letters to the dead-letter queue.
   */
  deliverTo(fn: BridgeFunction): void {
    const { delivery, deliveryFunction } = this.#stage;
    fn.allow([...POLLER_ACTIONS, 'sqs:ChangeMessageVisibility'], this.queue.queueArn);
    fn.setVariable(ENV.eventsQueueUrl, this.queue.queueUrl);
    fn.allow(['sqs:SendMessage'], this.deadLetterQueue.queueArn);
    fn.setVariable(ENV.deadLetterQueueUrl, this.deadLetterQueue.queueUrl);
    this.#storage.stageKey?.grantSend(fn.role);
    this.#delivery = new EventSourceMapping(this, 'Delivery', {
      target: fn.function,
      eventSourceArn: this.queue.queueArn,
      batchSize: deliveryFunction.batchSize,
      maxBatchingWindow: Duration.seconds(deliveryFunction.batchWindowSeconds),
      reportBatchItemFailures: true,
      maxConcurrency: delivery.maxConcurrentBatches,
    });
  }
}
