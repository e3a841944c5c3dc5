/** Alertmanager behind a translator, in a process of its own. */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { listenOnLoopback, type Listening, parseJson, readBody } from '../../local/http.ts';
import { startStandIn } from '../../local/pagerduty/stand-in.ts';
import { alertmanagerConfig, DEFAULT_TIMES, FAST_TIMES } from './alertmanager-config.ts';
import { type Contestant, type ContestantOptions, serviceOf } from './contestant.ts';
import { alertOf } from './translator.ts';

const MAX_BODY_BYTES = 512 * 1024;
/** Limit for the start, milliseconds. */
const START_TIMEOUT = 30_000;

/** The address in the log line of Alertmanager's listener. */
const LISTENING = /Listening on.*\baddress"?[=:]"?(127\.0\.0\.1:\d+)/;

/** The version, such as `alertmanager 0.25.0`. @throws Error when the file is not Alertmanager */
export async function alertmanagerVersion(path: string): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(path, ['--version']).catch(() => ({
    stdout: '',
    stderr: '',
  }));
  const [, version] = /alertmanager, version (\S+)/.exec(`${stdout}${stderr}`) ?? [];
  if (version === undefined) throw new Error(`${path} is not Alertmanager: give its file.`);
  return `Alertmanager ${version}`;
}

/** @returns base URL @throws Error with the last line of the log when it does not listen */
async function urlOf(child: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let last = '';
  const fail = (): void => reject(new Error(`Alertmanager did not start: ${last}`));
  const timer = setTimeout(fail, START_TIMEOUT);
  child.once('error', reject);
  child.once('exit', fail);
  if (child.stderr === null) throw new Error('Alertmanager has no log.');
  createInterface({ input: child.stderr }).on('line', (line) => {
    last = line;
    const [, address] = LISTENING.exec(line) ?? [];
    if (address !== undefined) resolve(`http://${address}`);
  });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}

/** Answers each event with the status of Alertmanager's answer to its alert. */
function startTranslator(alertmanagerUrl: string): Promise<Listening> {
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const alert = alertOf(parseJson(await readBody(request, MAX_BODY_BYTES)));
      const { status } = await fetch(`${alertmanagerUrl}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify([alert]),
      });
      response.writeHead(status).end();
    };
    answer().catch(() => response.writeHead(502).end());
  });
  return listenOnLoopback(server, 0);
}

/** Starts Alertmanager with its stand-in. */
export async function startAlertmanager(
  path: string,
  id: 'alertmanager' | 'fastAlertmanager',
  options: ContestantOptions,
): Promise<Contestant> {
  const standIn = await startStandIn({ serviceOf, ...options.standIn });
  const folder = await mkdtemp(join(tmpdir(), 'comparison-'));
  const config = join(folder, 'alertmanager.yml');
  const times = id === 'alertmanager' ? DEFAULT_TIMES : FAST_TIMES;
  await writeFile(config, alertmanagerConfig(times, standIn.url));
  const settings = [
    `--config.file=${config}`,
    `--storage.path=${join(folder, 'data')}`,
    '--web.listen-address=127.0.0.1:0',
    // Empty: one instance, no cluster.
    '--cluster.listen-address=',
  ];
  const child = spawn(path, settings, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit').catch(() => undefined);
  const stopProcess = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    await standIn.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const translator = await startTranslator(await urlOf(child));
    const stop = async (): Promise<void> => {
      await translator.stop();
      await stopProcess();
    };
    return { id, webhookUrl: translator.url, standIn, stop };
  } catch (error) {
    await stopProcess();
    throw error;
  }
}
