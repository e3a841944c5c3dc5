import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import * as v from 'valibot';
import { childEnvironment } from './child-environment.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const countersSchema = v.object({
  metrics: v.record(v.string(), v.number()),
  queues: v.record(
    v.string(),
    v.object({ ready: v.number(), inFlight: v.number(), delayed: v.number() }),
  ),
  pagerDutyCalls: v.record(v.string(), v.number()),
});

const incidentsSchema = v.object({
  incidents: v.array(
    v.object({
      dedupKey: v.string(),
      openedAt: v.string(),
      severity: v.string(),
      details: v.record(v.string(), v.unknown()),
    }),
  ),
});

/** The local bridge as a process of its own, as `npm start` runs it. */
export interface BridgeProcess {
  readonly webhookUrl: string;
  readonly counters: () => Promise<v.InferOutput<typeof countersSchema>>;
  readonly incidents: () => Promise<v.InferOutput<typeof incidentsSchema>['incidents']>;
  readonly stop: () => Promise<void>;
}

/**
 * Starts `bin/local.ts` on a free port and waits for its line `ready`. By then the vendor's sample
 * event is delivered, so one incident is open.
 */
export async function startBridgeProcess(): Promise<BridgeProcess> {
  const child = spawn(process.execPath, ['bin/local.ts', '--port', '0'], {
    cwd: ROOT,
    // Without the flags that Jest needs.
    env: childEnvironment({ HOME: process.env['HOME'] }),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let webhookUrl = '';
  for await (const line of createInterface({ input: child.stdout })) {
    webhookUrl = /Webhook\s+(\S+)/.exec(line)?.[1] ?? webhookUrl;
    if (line === 'ready') break;
  }
  if (webhookUrl === '') throw new Error('The local bridge printed no webhook URL.');
  const base = new URL(webhookUrl).origin;
  const get = async (path: string): Promise<unknown> => (await fetch(`${base}${path}`)).json();
  return {
    webhookUrl,
    counters: async () => v.parse(countersSchema, await get('/api/counters')),
    incidents: async () => v.parse(incidentsSchema, await get('/api/incidents')).incidents,
    stop: async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}
