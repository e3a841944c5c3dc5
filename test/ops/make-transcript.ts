/**
 * Makes docs/outage-transcript.md: an outage of PagerDuty on the local bridge, handled with the
 * operator's commands. Everything in it is what the commands printed. Run it again with
 * `npx node test/ops/make-transcript.ts`.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { local } from '../../config/local.ts';
import { startBridgeWithApi } from '../../local/bridge-api.ts';
import { depth, drained, startScenario, until } from '../../testkit/scenario.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const OPS = join(ROOT, 'bin', 'ops.ts');
const DOCUMENT = join(ROOT, 'docs', 'outage-transcript.md');

/** Seconds after which this rehearsal gives up on an event. */
const GIVE_UP = 20;

const page: string[] = [];
const folder = await mkdtemp(join(tmpdir(), 'transcript-'));
const bridge = await startScenario(
  {
    delivery: { giveUpAfterSeconds: GIVE_UP, updateIntervalSeconds: 5 },
    // Long enough that the incidents of the outage are open at the end.
    routes: local.routes.map((route) =>
      'service' in route ? Object.assign({}, route, { resolveAfterMinutes: 30 }) : route,
    ),
  },
  {},
  startBridgeWithApi,
);

function say(...lines: readonly string[]): void {
  page.push(...lines, '');
}

/** Runs a command as a user does, and writes down what it was and what it printed. */
async function ops(command: string, input?: string): Promise<string> {
  const child = spawn(process.execPath, [OPS, ...command.split(' ')], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      BRIDGE_STAGE: 'local',
      BRIDGE_URL: bridge.url,
      COLUMNS: '80',
    },
  });
  child.stdin.end(input);
  const [stdout, stderr] = [text(child.stdout), text(child.stderr)];
  const [code] = await once(child, 'exit');
  const printed = `${await stderr}${await stdout}`.trimEnd();
  const piped = input === undefined ? '' : ' < key-file';
  page.push('```console', `$ ./bridge ${command}${piped}`, printed, '```', '');
  if (code !== 0) page.push(`Exit code ${String(code)}.`, '');
  process.stdout.write(`$ ${command}\n${printed}\n\n`);
  return printed;
}

try {
  say(
    '# An outage, handled with the commands',
    '',
    'Made by `npx node test/ops/make-transcript.ts`, which runs these commands on the local bridge and',
    'writes down what they print. The [runbook](runbook.md#an-outage-of-pagerduty-from-start-to-end) has the',
    `steps. Time is scaled down: the bridge gives up on an event after ${GIVE_UP} seconds here, and after 24`,
    'hours in a deployed stage.',
  );

  say('## Before', '', 'A test event, and the status of the stage.');
  await ops('send --view 4 --value 42');
  await drained(bridge, 20);
  await ops('status');

  bridge.standIn?.setMode({ kind: 'down' });
  say(
    '## PagerDuty is down',
    '',
    'PagerDuty answers 503 to every call, and events of two views come.',
  );
  await ops('send --view 4 --value 75 --count 12 --rate 6/s');
  await ops('send --view 7 --value 48 --count 6');
  say('Are pages getting out? The first line answers.');
  await ops('status');

  await drained(bridge, 120);
  say(
    '## The outage lasts longer than the bridge waits',
    '',
    'What could not be delivered in time is a dead letter, with its reason. While events of an incident',
    'wait, most are deduplicated into the newest. So there are fewer dead letters than events.',
  );
  await ops('status');
  const list = await ops('dlq list');
  const id = /^[0-9a-f]{8}/m.exec(list)?.[0] ?? '';
  say('One of them in full:');
  await ops(`dlq show ${id}`);

  bridge.standIn?.setMode({ kind: 'ok' });
  say(
    '## PagerDuty is back',
    '',
    'A test event shows it. In an outage that is shorter than 24 hours, the events that wait show it.',
  );
  await ops('send --view 11');
  await drained(bridge, 30);
  await ops('status');
  say('A copy of the dead letters, the plan, and the replay. Without `--yes`, the replay asks.');
  await ops('dlq export --reason retries_exhausted --output outage.jsonl');
  await ops('dlq replay --reason retries_exhausted --newest-per-incident --dry-run');
  await ops('dlq replay --reason retries_exhausted --newest-per-incident --rate 60/m --yes');
  await drained(bridge, 30);
  await ops('status');

  say(
    '## Two that PagerDuty refuses',
    '',
    'After the outage PagerDuty refuses two events. To send them again would not help, so they are',
    'exported and deleted from the queue.',
  );
  bridge.standIn?.setMode({ kind: 'refuse' });
  await ops('send --view 9 --count 2');
  await until(async () => (await depth(bridge, 'deadLetters')) === 2, { seconds: 30 });
  bridge.standIn?.setMode({ kind: 'ok' });
  await ops('dlq list --reason rejected');
  await ops('dlq export --reason rejected --output refused.jsonl');
  await ops('dlq discard --reason rejected --export refused.jsonl --yes');

  say('When PagerDuty accepts such events again, the file is imported and replayed:');
  await ops('dlq import refused.jsonl --yes');
  await ops('dlq replay --reason rejected --yes');
  await drained(bridge, 30);

  say(
    '## Incidents that need not wait for their quiet time',
    '',
    'The bridge resolves each incident when no event of it came for a while. The list says when.',
    '`incidents resolve` makes it do so at the next tick.',
  );
  await ops('incidents list');
  await ops('incidents resolve --view 9 --dry-run');
  await ops('incidents resolve --view 9 --yes --wait');

  say('## A key is rotated', '', 'The key comes from a prompt that shows nothing, or from a file.');
  await ops('keys set local-service', 'abcdefghij0123456789');
  await ops('keys set local-service --yes', `${'k'.repeat(31)}1\n`);
  await ops('keys list');
  await ops('status');
  await writeFile(DOCUMENT, `${page.join('\n').trimEnd()}\n`);
} finally {
  await bridge.stop();
  await rm(folder, { recursive: true, force: true });
}
