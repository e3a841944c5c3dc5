import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

import { isJsonObject } from '../../lambda/shared/json.ts';
import { unusedGrants } from '../../local/iam/permissions.ts';
import type { Bridge } from '../../local/bridge.ts';
import type { AssemblyStack } from '../../local/stack/template.ts';
import { assemblyOf } from '../../testkit/assembly.ts';
import {
  depth,
  drained,
  post,
  scenarioStage,
  startScenario,
  until,
  viewEvent,
} from '../../testkit/scenario.ts';
import {
  type FunctionPrefix,
  type RolePrefix,
  withGrants,
  withoutGrant,
} from '../support/grants.ts';

/** A message that cannot be deferred becomes visible soon. */
const QUICK = {
  // A loaded machine needs more than a second to start a process and load the bundle.
  timeoutSeconds: 5,
  visibilitySeconds: 12,
  delivery: { callTimeoutSeconds: 0.5, retryBaseSeconds: 1, updateIntervalSeconds: 1 },
  routes: [{ environment: '*', service: 'local-service', resolveAfterMinutes: 0.02 }],
};

/** Time between two ticks, seconds. */
const TICK_SECONDS = 0.5;

/** A stack that resolves incidents, with a KMS key of its own: its roles have every grant that any stage's roles have. */
const synthesised = assemblyOf({ ...scenarioStage(QUICK), customerManagedKey: true });

/** Runs a test on a copy of the stack. These tests mostly wait, so they run concurrently. */
function rehearse(
  name: string,
  change: (assembly: AssemblyStack) => AssemblyStack,
  scenario: (bridge: Bridge) => Promise<void>,
): void {
  test.concurrent(name, async () => {
    const bridge = await startScenario(QUICK, {
      assembly: change(await synthesised),
      tickSeconds: TICK_SECONDS,
    });
    try {
      await scenario(bridge);
    } finally {
      await bridge.stop();
    }
  });
}

const without =
  (fn: RolePrefix, action: string) =>
  (assembly: AssemblyStack): AssemblyStack =>
    withoutGrant(assembly, fn, action);

/** Waits for AWS's refusal in the function's log. */
async function denied(bridge: Bridge, fn: FunctionPrefix, action: string): Promise<void> {
  const { name, roleArn } = bridge[fn === 'Ingest' ? 'ingest' : 'delivery'].fn;
  const role = roleArn.split('/').at(-1) ?? '';
  const refusal = `assumed-role/${role}/${name} is not authorized to perform: ${action} on resource: arn:aws:`;
  await until(
    () =>
      bridge.journal
        .lines()
        .some(({ functionName, text }) => functionName === name && text.includes(refusal)),
    { seconds: 60, state: () => bridge.journal.lines().slice(-5) },
  );
}

async function refusedPost(bridge: Bridge): Promise<void> {
  const response = await fetch(bridge.webhookUrl, {
    method: 'POST',
    body: JSON.stringify(viewEvent('1')),
  });
  expect(response.status).toBe(503);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await depth(bridge, 'events')).toBe(0);
}

for (const action of ['secretsmanager:GetSecretValue', 'sqs:SendMessage', 'kms:GenerateDataKey']) {
  rehearse(
    `ingest without ${action} answers 503, and stores nothing`,
    without('Ingest', action),
    async (bridge) => {
      await refusedPost(bridge);
      await denied(bridge, 'Ingest', action);
    },
  );
}

rehearse(
  'delivery without secretsmanager:GetSecretValue lets events wait',
  without('Delivery', 'secretsmanager:GetSecretValue'),
  async (bridge) => {
    expect(await post(bridge, viewEvent('1'))).toBe(202);
    // Only the name of the error: its message could contain what must not be logged.
    const refusal = 'The secret of the integration keys cannot be read (AccessDeniedException)';
    await until(() => bridge.journal.lines().some(({ text }) => text.includes(refusal)), {
      seconds: 60,
    });
    expect(bridge.standIn?.calls()).toEqual([]);
    expect([await depth(bridge, 'events'), await depth(bridge, 'deadLetters')]).toEqual([1, 0]);
  },
);

rehearse(
  'delivery without sqs:ChangeMessageVisibility waits for the visibility timeout instead of its own delay',
  without('Delivery', 'sqs:ChangeMessageVisibility'),
  async (bridge) => {
    bridge.standIn?.setMode({ kind: 'down' });
    expect(await post(bridge, viewEvent('1'))).toBe(202);
    await denied(bridge, 'Delivery', 'sqs:ChangeMessageVisibility');
    bridge.standIn?.setMode({ kind: 'ok' });
    await drained(bridge, 60);
    expect(bridge.standIn?.incidents()).toHaveLength(1);
  },
);

rehearse(
  'delivery without sqs:SendMessage keeps a refused event in the queue, because it cannot send it to the dead-letter queue',
  without('Delivery', 'sqs:SendMessage'),
  async (bridge) => {
    bridge.standIn?.setMode({ kind: 'refuse' });
    expect(await post(bridge, viewEvent('1'))).toBe(202);
    await denied(bridge, 'Delivery', 'sqs:SendMessage');
    expect([await depth(bridge, 'events'), await depth(bridge, 'deadLetters')]).toEqual([1, 0]);
  },
);

for (const action of ['dynamodb:UpdateItem', 'dynamodb:Scan', 'dynamodb:DeleteItem']) {
  rehearse(
    `delivery without ${action} delivers all the same, and counts the failure`,
    without('Delivery', action),
    async (bridge) => {
      expect(await post(bridge, viewEvent('1'))).toBe(202);
      await until(() => bridge.standIn?.incidents().length === 1, { seconds: 60 });
      await denied(bridge, 'Delivery', action);
      await until(() => (bridge.journal.counters()['TimersFailed'] ?? 0) > 0, { seconds: 60 });
    },
  );
}

rehearse(
  'the schedule without sqs:SendMessage sends no tick',
  without('Tick', 'sqs:SendMessage'),
  async (bridge) => {
    await until(() => (bridge.schedule?.counts().failed ?? 0) > 0, { seconds: 60 });
    expect(bridge.schedule?.counts().sent).toBe(0);
  },
);

test.each(['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'])(
  'without sqs:%s the mapping is refused, as in a deployment',
  async (operation) => {
    const assembly = withoutGrant(await synthesised, 'Delivery', `sqs:${operation}`);
    await expect(startScenario(QUICK, { assembly })).rejects.toThrow(
      `The provided execution role does not have permissions to call ${operation} on SQS`,
    );
  },
);

function sample(name: string): object {
  const file = new URL(`../samples/${name}.json`, import.meta.url);
  const event: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isJsonObject(event)) throw new Error(`${name} is not an event.`);
  return event;
}

/**
 * What Lambda does with each function's role, but the local bridge does not: it reads log lines from
 * standard output.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
 */
const BY_LAMBDA = ['logs:CreateLogStream', 'logs:PutLogEvents'];

/**
 * What Lambda's pollers do with the delivery function's role. The local mapping does the same, so
 * these grants are used, although the function itself needs none of them.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions
 */
const BY_POLLERS = ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'];

/** Actions of the functions themselves. */
const BY_FUNCTIONS: Readonly<Record<FunctionPrefix, readonly string[]>> = {
  Ingest: [
    'kms:Decrypt',
    'kms:GenerateDataKey',
    'secretsmanager:GetSecretValue',
    'sqs:SendMessage',
  ],
  Delivery: [
    'dynamodb:DeleteItem',
    'dynamodb:Scan',
    'dynamodb:UpdateItem',
    'kms:Decrypt',
    'kms:GenerateDataKey',
    'secretsmanager:GetSecretValue',
    'sqs:ChangeMessageVisibility',
    'sqs:SendMessage',
  ],
};

/** A grant that nothing needs, to show that the test finds one. */
const IDLE = { actions: ['sqs:PurgeQueue'], resource: 'arn:aws:sqs:us-east-1:000000000000:idle' };

rehearse(
  'every grant is used by deliveries, an outage, a refusal and resolves, and an unused grant is found',
  (assembly) => withGrants(assembly, 'one-too-many', 'Delivery', (grants) => [...grants, IDLE]),
  async (bridge) => {
    for (const name of ['view-threshold', 'view-limit', 'segmentation']) {
      expect(await post(bridge, sample(name))).toBe(202);
    }
    await until(() => bridge.standIn?.incidents().length === 3, { seconds: 60 });
    for (const kind of ['down', 'refuse'] as const) {
      bridge.standIn?.setMode({ kind });
      const calls = bridge.standIn?.calls().length ?? 0;
      expect(await post(bridge, viewEvent(kind))).toBe(202);
      await until(() => (bridge.standIn?.calls().length ?? 0) > calls, { seconds: 60 });
    }
    await drained(bridge, 60);
    expect(await depth(bridge, 'deadLetters')).toBe(2);
    const deletes = (): boolean =>
      Object.keys(bridge.aws.callCounts()).some((call) => call.endsWith(' dynamodb:DeleteItem'));
    bridge.standIn?.setMode({ kind: 'ok' });
    await until(deletes, { seconds: 60 });

    const { grants, uses } = bridge.permissions;
    const roleOf = { ...bridge, tick: { fn: bridge.model.schedules[0] } };
    const actionsOf = (name: 'ingest' | 'delivery' | 'tick', of: typeof grants): string[] =>
      of
        .filter(({ roleArn }) => roleArn === roleOf[name].fn?.roleArn)
        .map(({ action }) => action)
        .toSorted();
    const unused = unusedGrants(grants, uses());
    expect(actionsOf('ingest', unused)).toEqual(BY_LAMBDA);
    expect(actionsOf('delivery', unused)).toEqual([...BY_LAMBDA, ...IDLE.actions].toSorted());

    expect(actionsOf('tick', unused)).toEqual([]);

    const used = grants.filter((grant) => !unused.includes(grant));
    expect([...new Set(actionsOf('ingest', used))]).toEqual(BY_FUNCTIONS.Ingest);
    expect([...new Set(actionsOf('delivery', used))]).toEqual(
      [...BY_FUNCTIONS.Delivery, ...BY_POLLERS].toSorted(),
    );
  },
);
