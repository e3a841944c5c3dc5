import { expect, test } from '@jest/globals';

import type { Bridge, BridgeOptions } from '../../local/bridge.ts';
import { depth, drained, post, startScenario, until, viewEvent } from '../../testkit/scenario.ts';

/** What fails at AWS is repeated soon. */
const QUICK = {
  // A loaded machine needs more than a second to start a process and load the bundle.
  timeoutSeconds: 5,
  visibilitySeconds: 10,
  delivery: { callTimeoutSeconds: 0.5, retryBaseSeconds: 1, retryCapSeconds: 4 },
};

/** Runs a test with a bridge of its own. These tests mostly wait, so they run concurrently. */
function rehearse(
  name: string,
  options: BridgeOptions,
  scenario: (bridge: Bridge) => Promise<void>,
): void {
  test.concurrent(name, async () => {
    const bridge = await startScenario(QUICK, options);
    try {
      await scenario(bridge);
    } finally {
      await bridge.stop();
    }
  });
}

const KEY = 'k'.repeat(32);

function views(count: number): object[] {
  return Array.from({ length: count }, (_, n) => viewEvent(`view-${n}`));
}

async function postAll(to: Bridge, events: readonly object[]): Promise<void> {
  const statuses = await Promise.all(events.map((event) => post(to, event)));
  expect(statuses).toEqual(events.map(() => 202));
}

function logged(from: Bridge, text: string): boolean {
  return from.journal.lines().some((line) => line.text.includes(text));
}

rehearse(
  'messages that SQS fails to delete become visible again and are deduplicated',
  {},
  async (bridge) => {
    bridge.aws.faults.add({
      action: 'sqs:DeleteMessageBatch',
      times: 2,
      effect: { kind: 'respond', status: 500, code: 'InternalFailure' },
    });
    bridge.aws.faults.add({
      action: 'sqs:DeleteMessageBatch',
      times: 2,
      effect: { kind: 'partial', fraction: 0.5 },
    });
    await postAll(bridge, views(20));
    await drained(bridge, 60);
    expect(bridge.standIn?.incidents()).toHaveLength(20);
    expect(await depth(bridge, 'deadLetters')).toBe(0);
  },
);

rehearse(
  'messages that SQS fails to defer become visible after their visibility timeout',
  {},
  async (bridge) => {
    bridge.standIn?.setMode({ kind: 'down' });
    bridge.aws.faults.add({
      action: 'sqs:ChangeMessageVisibilityBatch',
      times: 3,
      effect: { kind: 'respond', status: 500, code: 'InternalFailure' },
    });
    bridge.aws.faults.add({
      action: 'sqs:ChangeMessageVisibilityBatch',
      times: 2,
      effect: { kind: 'partial', fraction: 0.5 },
    });
    await postAll(bridge, views(10));
    await until(() => logged(bridge, 'Deferring a message failed'), { seconds: 20 });
    bridge.standIn?.setMode({ kind: 'ok' });
    await drained(bridge, 60);
    expect(bridge.standIn?.incidents()).toHaveLength(10);
  },
);

rehearse('an event stays in the queue until SQS accepts its dead letter', {}, async (bridge) => {
  bridge.standIn?.setMode({ kind: 'refuse' });
  // The SDK makes three attempts.
  bridge.aws.faults.add({
    action: 'sqs:SendMessageBatch',
    times: 6,
    effect: { kind: 'respond', status: 500, code: 'InternalFailure' },
  });
  bridge.aws.faults.add({
    action: 'sqs:SendMessageBatch',
    times: 2,
    effect: { kind: 'partial', fraction: 0.5 },
  });
  await postAll(bridge, views(10));
  await drained(bridge, 60);
  const { ready } = await bridge.inspect('deadLetters');
  expect(new Set(ready.map(({ body }) => body)).size).toBe(10);
});

rehearse(
  'events wait while Secrets Manager is down at a cold start, and the log gives the reason',
  {},
  async (bridge) => {
    const remove = bridge.aws.faults.add({
      caller: bridge.delivery.fn.name,
      action: 'secretsmanager:GetSecretValue',
      effect: { kind: 'respond', status: 500, code: 'InternalServiceError' },
    });
    await postAll(bridge, views(5));
    await until(() => logged(bridge, 'The secret of the integration keys cannot be read'), {
      seconds: 20,
    });
    expect(bridge.standIn?.calls()).toEqual([]);
    remove();
    await drained(bridge, 60);
    expect(bridge.standIn?.incidents()).toHaveLength(5);
  },
);

rehearse(
  'ingest answers 503 with Retry-After while Secrets Manager is down at a cold start',
  {},
  async (bridge) => {
    const remove = bridge.aws.faults.add({
      caller: bridge.ingest.fn.name,
      action: 'secretsmanager:GetSecretValue',
      effect: { kind: 'respond', status: 500, code: 'InternalServiceError' },
    });
    const response = await fetch(bridge.webhookUrl, {
      method: 'POST',
      body: JSON.stringify(viewEvent('1')),
    });
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('30');
    remove();
    await until(async () => (await post(bridge, viewEvent('1'))) === 202, { seconds: 10 });
  },
);

rehearse(
  'events whose key is missing or malformed wait until it is set, and the log names the command',
  {
    integrationKeys: { 'local-service': 'rest-api-key-of-20ch' },
  },
  async (bridge) => {
    await postAll(bridge, views(3));
    await until(() => logged(bridge, 'is not 32 alphanumeric characters'), { seconds: 20 });
    const keys = bridge.model.outputs['IntegrationKeysSecretArn'] ?? '';
    bridge.aws.secrets.put(keys, '{}');
    await until(() => logged(bridge, './bridge keys set local-service'), { seconds: 20 });
    expect(bridge.standIn?.calls()).toEqual([]);
    expect(await depth(bridge, 'deadLetters')).toBe(0);

    bridge.aws.secrets.put(keys, JSON.stringify({ 'local-service': KEY }));
    await drained(bridge, 60);
    expect(bridge.standIn?.incidents()).toHaveLength(3);
  },
);

rehearse(
  'a rotated key is read again before an event is refused because of the old one',
  {},
  async (bridge) => {
    await postAll(bridge, [viewEvent('before')]);
    await drained(bridge, 30);
    // The stand-in accepts only keys in the secret, so it refuses the old one from now on.
    const keys = bridge.model.outputs['IntegrationKeysSecretArn'] ?? '';
    bridge.aws.secrets.put(keys, JSON.stringify({ 'local-service': KEY }));
    await postAll(bridge, views(3));
    await drained(bridge, 30);
    expect(bridge.standIn?.incidents()).toHaveLength(4);
    expect(await depth(bridge, 'deadLetters')).toBe(0);
  },
);

let isKeyAccepted = false;

rehearse(
  'events whose key PagerDuty refuses wait, and go out when PagerDuty accepts the key',
  { standIn: { serviceOf: () => (isKeyAccepted ? 'local-service' : undefined) } },
  async (bridge) => {
    await postAll(bridge, views(3));
    await until(() => logged(bridge, 'key_refused: 400 Event object is invalid'), { seconds: 20 });
    expect(await depth(bridge, 'events')).toBe(3);
    expect(await depth(bridge, 'deadLetters')).toBe(0);
    // A key that is accepted between a refused call and its check makes the event a dead letter.
    await until(() => bridge.delivery.processes().every(({ busy }) => !busy), { seconds: 20 });
    isKeyAccepted = true;
    await drained(bridge, 60);
    expect(bridge.standIn?.incidents()).toHaveLength(3);
    expect(await depth(bridge, 'deadLetters')).toBe(0);
  },
);

rehearse(
  'no log line and no dead letter contains a token or a key, whatever fails',
  { integrationKeys: KEY },
  async (bridge) => {
    const token = bridge.webhookUrl.split('/').at(-1) ?? '';
    expect(token.length).toBeGreaterThan(16);
    const event = { ...viewEvent('1'), webhook: { id: 1, url: bridge.webhookUrl, parameter: {} } };
    for (const kind of ['refuse', 'down', 'hang', 'reset', 'throttle'] as const) {
      bridge.standIn?.setMode({ kind });
      expect(await post(bridge, event)).toBe(202);
      const calls = bridge.standIn?.calls().length ?? 0;
      if (kind === 'refuse') {
        await until(() => (bridge.standIn?.calls().length ?? 0) > calls, { seconds: 20 });
      }
    }
    await fetch(`${bridge.webhookUrl}x`, { method: 'POST', body: token });
    await fetch(bridge.webhookUrl, { method: 'POST', body: `${token} is not JSON` });
    bridge.standIn?.setMode({ kind: 'refuse' });
    await drained(bridge, 60);

    const { ready } = await bridge.inspect('deadLetters');
    expect(ready.length).toBeGreaterThan(0);
    const seen = JSON.stringify([ready, bridge.journal.lines(), bridge.standIn?.incidents()]);
    expect(seen).not.toContain(token);
    expect(seen).not.toContain(KEY);
  },
);
