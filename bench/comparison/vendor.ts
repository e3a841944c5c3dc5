/** The vendor's sample handler, unmodified, behind an HTTP server in a process of its own. */

import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startStandIn } from '../../local/pagerduty/stand-in.ts';
import {
  type Contestant,
  type ContestantOptions,
  environmentOf,
  KEYS,
  SERVICES,
  serviceOf,
} from './contestant.ts';

/**
 * The commit of the handler's folder; with `-dirty` when a file of the repository was changed.
 *
 * @throws Error naming the fix when the folder is not a clone
 */
export async function vendorVersion(folder: string): Promise<string> {
  const describe = ['-C', folder, 'describe', '--always', '--dirty'];
  try {
    const { stdout } = await promisify(execFile)('git', describe);
    return `glasnostic/webhook-handler ${stdout.trim()}`;
  } catch {
    throw new Error(`${folder} is not a clone of https://github.com/glasnostic/webhook-handler.`);
  }
}

/** The handler's configuration: environment -> view -> integration key. */
function webhookConfig(views: ContestantOptions['views']): string {
  const environments = SERVICES.map((service) => {
    const keys = (views[service] ?? []).map((view) => [view, KEYS[service]]);
    return [environmentOf(service), Object.fromEntries(keys)];
  });
  return JSON.stringify(Object.fromEntries(environments));
}

/** Starts the handler with its stand-in. */
export async function startVendor(
  folder: string,
  { views, standIn: more }: ContestantOptions,
): Promise<Contestant> {
  const standIn = await startStandIn({ serviceOf, ...more });
  const child = fork(join(import.meta.dirname, 'process.ts'), [folder, standIn.url], {
    env: { PATH: process.env['PATH'] ?? '', WEBHOOK_CONFIG: webhookConfig(views) },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let errors = '';
  child.stderr?.on('data', (text: Buffer) => (errors = text.toString('utf8')));
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    await standIn.stop();
  };
  const [url]: unknown[] = await Promise.race([once(child, 'message'), ended]);
  if (typeof url === 'string') return { id: 'vendor', webhookUrl: url, standIn, stop };
  await stop();
  const [cause = 'unknown'] = /^Error: .*/m.exec(errors) ?? [];
  throw new Error(`The handler did not start. Run npm ci --omit=dev in ${folder}. ${cause}`);
}
