import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { TICK_BODY } from '../../../lambda/shared/message.ts';
import { startSchedule, type Schedule } from '../../../local/scheduler/schedule.ts';
import type { ScheduleModel } from '../../../local/stack/model.ts';
import { until } from '../../../local/traffic/wait.ts';
import { QUEUE_ARN, startHarness, type EndpointHarness } from '../aws-endpoint/harness.ts';

let harness: EndpointHarness;
let callers: (string | undefined)[];
let schedule: Schedule | undefined;

beforeEach(async () => {
  callers = [];
  harness = await startHarness(({ caller, action, resourceArn }) => {
    callers.push(`${caller.roleArn} ${action} ${resourceArn}`);
    return undefined;
  });
});

afterEach(async () => {
  await schedule?.stop();
  await harness.stop();
});

const ROLE = 'arn:aws:iam::000000000000:role/ticks';

function start(model: Partial<ScheduleModel> = {}): Schedule {
  const { aws, queueUrl } = harness;
  schedule = startSchedule({
    schedule: {
      name: 'ticks',
      enabled: true,
      everySeconds: 60,
      queueArn: QUEUE_ARN,
      input: TICK_BODY,
      roleArn: ROLE,
      ...model,
    },
    queue: { logicalId: 'Events', name: 'events', url: queueUrl, arn: QUEUE_ARN, attributes: {} },
    aws,
    everySeconds: 0.02,
  });
  return schedule;
}

describe('a schedule', () => {
  test('sends its input to the queue again and again, with its own role', async () => {
    const { counts, stop } = start();
    await until(() => counts().sent >= 2, { seconds: 10 });
    await stop();
    const { sent, failed } = counts();
    expect(failed).toBe(0);
    const { ready } = await harness.aws.queues.inspect('events');
    expect(ready.map(({ body }) => body)).toEqual(Array.from({ length: sent }, () => TICK_BODY));
    expect(new Set(callers)).toEqual(new Set([`${ROLE} sqs:SendMessage ${QUEUE_ARN}`]));
  });

  test('counts what it cannot send, and goes on', async () => {
    harness.aws.faults.add({
      caller: 'ticks',
      times: 1,
      effect: { kind: 'respond', status: 403, code: 'AccessDeniedException' },
    });
    harness.aws.faults.add({ caller: 'ticks', times: 1, effect: { kind: 'reset' } });
    const { counts } = start();
    await until(() => counts().sent >= 1, { seconds: 10 });
    expect(counts().failed).toBe(2);
  });

  test('sends nothing while it is disabled', async () => {
    const disabled = start({ enabled: false });
    const other = start();
    await until(() => other.counts().sent >= 2, { seconds: 10 });
    expect(disabled.counts()).toEqual({ sent: 0, failed: 0 });
  });
});

test('a tick is counted apart from the events of a queue, in every state', async () => {
  const { aws, queueUrl } = harness;
  const send = (MessageBody: string) =>
    aws.queues.call('SendMessage', { QueueUrl: queueUrl, MessageBody });
  await send(TICK_BODY);
  await aws.queues.call('ReceiveMessage', { QueueUrl: queueUrl });
  await send(TICK_BODY);
  expect(await aws.queues.oldest('events')).toBeUndefined();
  const before = Date.now();
  await send('{"version":1}');
  expect(await aws.queues.count('events')).toEqual({
    events: { ready: 1, inFlight: 0, delayed: 0 },
    ticks: { ready: 1, inFlight: 1, delayed: 0 },
  });
  expect(await aws.queues.oldest('events')).toBeGreaterThanOrEqual(before);
});
