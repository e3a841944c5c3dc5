/** Commands against a local bridge that a test file starts, with dead letters as they are made. */

import { isJsonObject, type JsonObject } from '../../../lambda/shared/json.ts';
import { startBridgeWithApi } from '../../../local/bridge-api.ts';
import type { Bridge, BridgeOptions } from '../../../local/bridge.ts';
import {
  depth,
  drained,
  type ScenarioStage,
  scenarioStage,
  startScenario,
  until,
} from '../../../testkit/scenario.ts';
import { type Ran, run, type RunOptions } from './run.ts';

/** Two services, so that a filter has something to choose, and one with two severities. */
const SCENARIO: ScenarioStage = {
  delivery: { updateIntervalSeconds: 0 },
  routes: [
    { environment: '*', view: 'net', service: 'network' },
    {
      environment: '*',
      service: 'platform',
      severity: { default: 'warning', over: [{ ratio: 2, severity: 'critical' }] },
    },
  ],
};

/** A bridge, and commands that work on it. */
export interface OperatedBridge {
  readonly bridge: Bridge;
  /** Runs a command on it. */
  readonly run: (args: readonly string[], options?: RunOptions) => Promise<Ran>;
  /**
   * Runs a command with `--json`.
   *
   * @throws Error when it fails, or when it prints something else
   */
  readonly json: (...args: readonly string[]) => Promise<JsonObject>;
  /** Makes dead letters as they are made: PagerDuty refuses what these `send` commands post. */
  readonly refuse: (...sends: readonly (readonly string[])[]) => Promise<void>;
  /** Waits until nothing waits, and delivers what is dead. */
  readonly cleanUp: () => Promise<void>;
}

/** Starts it on free ports. */
export async function startOperatedBridge(settings: BridgeOptions = {}): Promise<OperatedBridge> {
  const bridge = await startScenario(SCENARIO, settings, startBridgeWithApi);
  const runHere: OperatedBridge['run'] = async (args, options = {}) =>
    run(args, {
      env: { BRIDGE_STAGE: 'local', BRIDGE_URL: bridge.url },
      stages: [scenarioStage(SCENARIO)],
      ...options,
    });
  const json: OperatedBridge['json'] = async (...args) => {
    const { stdout, code, stderr } = await runHere([...args, '--json']);
    const value: unknown = code === 0 ? JSON.parse(stdout) : undefined;
    if (isJsonObject(value)) return value;
    throw new Error(`${args.join(' ')}: ${code} ${stderr} ${stdout}`);
  };
  return {
    bridge,
    run: runHere,
    json,
    refuse: async (...sends) => {
      const before = await depth(bridge, 'deadLetters');
      bridge.standIn?.setMode({ kind: 'refuse' });
      let events = 0;
      for (const args of sends) {
        const { posted } = await json('send', ...args);
        events += Number(posted);
      }
      await until(async () => (await depth(bridge, 'deadLetters')) === before + events, {
        seconds: 20,
        state: () => bridge.journal.counters(),
      });
      bridge.standIn?.setMode({ kind: 'ok' });
    },
    cleanUp: async () => {
      bridge.standIn?.setMode({ kind: 'ok' });
      await drained(bridge, 20);
      if ((await depth(bridge, 'deadLetters')) === 0) return;
      await runHere(['dlq', 'replay', '--yes']);
      await drained(bridge, 20);
    },
  };
}
