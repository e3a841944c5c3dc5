/** Starts systems for loads, and stops all that run. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesise } from '../../local/stack/synthesis.ts';
import type { AssemblyStack } from '../../local/stack/template.ts';
import { holdsWithin } from '../../local/traffic/wait.ts';
import { post } from '../../testkit/scenario.ts';
import type { Rivals } from '../measuring/row.ts';
import { startAlertmanager } from './alertmanager.ts';
import { stageOf, startThisBridge } from './bridge.ts';
import { type Contestant, type ContestantOptions, eventOf } from './contestant.ts';
import type { Load } from './load.ts';
import type { ContestantId } from './rows.ts';
import { startVendor } from './vendor.ts';

/** View of the event that starts the functions of a system before its load. It is of service b. */
const WARM_UP = 'warm-up';
/** Limit for the incident of that event, seconds. */
const WARM_UP_SECONDS = 30;

/** Starts systems. */
export interface Starter {
  /** Starts a system for a load, and sends it one event. */
  readonly start: (load: Load, id: ContestantId) => Promise<Contestant>;
  /** Stops all that were started, also those that are still starting. */
  readonly stopAll: () => Promise<void>;
}

async function startOne(
  id: ContestantId,
  rivals: Rivals,
  options: ContestantOptions,
): Promise<Contestant> {
  switch (id) {
    case 'bridge':
      return startThisBridge(options);
    case 'alertmanager':
    case 'fastAlertmanager':
      return startAlertmanager(rivals.alertmanager ?? '', id, options);
    case 'vendor':
      return startVendor(rivals.vendorHandler ?? '', options);
  }
}

/** Synthesises each of the two stages once. */
function assemblies(folder: string): (resolves: boolean) => Promise<AssemblyStack> {
  const known = new Map<boolean, Promise<AssemblyStack>>();
  return async (resolves) => {
    const stage = stageOf(resolves);
    const assembly = known.get(resolves) ?? synthesise(stage, join(folder, stage.name));
    known.set(resolves, assembly);
    return assembly;
  };
}

/** Makes a starter. */
export async function createStarter(rivals: Rivals): Promise<Starter> {
  const folder = await mkdtemp(join(tmpdir(), 'comparison-'));
  const assemblyOf = assemblies(folder);
  const all: Promise<Contestant>[] = [];

  const startWarm = async (load: Load, id: ContestantId): Promise<Contestant> => {
    const { resolves = false, refuses, views } = load;
    const contestant = await startOne(id, rivals, {
      views: { ...views, b: [...(views.b ?? []), WARM_UP] },
      stage: stageOf(resolves),
      assembly: await assemblyOf(resolves),
      ...(refuses === undefined ? {} : { standIn: { refuses: refuses() } }),
    });
    await post(contestant, eventOf('b', WARM_UP));
    if (id === 'bridge') {
      const isWarm = (): boolean => contestant.standIn.incidents().length > 0;
      await holdsWithin(WARM_UP_SECONDS, isWarm);
    }
    return contestant;
  };

  return {
    start: async (load, id) => {
      const started = startWarm(load, id);
      all.push(started);
      return started;
    },
    stopAll: async () => {
      const started = await Promise.allSettled(all);
      await Promise.all(
        started.map(async (one) => (one.status === 'fulfilled' ? one.value.stop() : undefined)),
      );
      await rm(folder, { recursive: true, force: true });
    },
  };
}
