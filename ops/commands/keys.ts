/** `keys list`, `keys set` and `keys remove`: PagerDuty's integration keys, which are never shown. */

import type { Command } from 'commander';

import { retryCapOf } from '../../lambda/shared/delivery-settings.ts';
import { explain } from '../aws/explain.ts';
import { EXIT, type ExitCode, UsageError } from '../errors.ts';
import { countOpenUnderFormerKey, openTable } from '../incidents/read.ts';
import {
  checkService,
  keyStates,
  readIntegrationKey,
  type ServiceKey,
} from '../keys/integration-keys-secret.ts';
import { readKeys, removeKey, setKey } from '../keys/store.ts';
import type { Run, Session } from '../session.ts';
import { addKeysCheck } from './keys-check.ts';
import { type StageContext, whereOf } from '../stage/context.ts';
import { targetOf } from '../stage/target.ts';
import { confirmed, readSecret } from '../terminal/ask.ts';
import { addHelp } from '../terminal/help.ts';
import { NOTE, table } from '../terminal/table.ts';
import {
  count,
  jsonOf,
  paint,
  plain,
  type Terminal,
  widthOf,
  writeLine,
  writeText,
} from '../terminal/terminal.ts';

const COLORS = { set: 'green', missing: 'red', malformed: 'red' } as const;

/** What the state of a key means and what to do, in a few words. */
function noteOf({ service, state, note, routed }: ServiceKey): string {
  if (state === 'missing') return `its events wait; ./bridge keys set ${plain(service)}`;
  if (state === 'malformed') {
    return routed
      ? `${note ?? ''}; its events wait; ./bridge keys set ${plain(service)}`
      : (note ?? '');
  }
  return note ?? '';
}

async function list(session: Session, options: { readonly json?: boolean }): Promise<ExitCode> {
  const { stdout } = session.terminal;
  const context = await session.openStage();
  const { integrationKeysSecretArn: secretArn } = context.outputs;
  const { keys: stored } = await readKeys({ secrets: context.secrets, secretArn });
  const keys = keyStates(stored, context.services);
  if (options.json === true) {
    const all = keys.map(({ note = null, ...key }) => ({ ...key, note }));
    writeLine(stdout, jsonOf({ keys: all }));
    return EXIT.done;
  }
  const rows = keys.map((key) => [
    plain(key.service),
    paint(stdout, COLORS[key.state], key.state),
    noteOf(key),
  ]);
  writeLine(stdout, table([{ head: 'SERVICE' }, { head: 'KEY' }, NOTE], rows, widthOf(stdout)));
  return EXIT.done;
}

const DONE = {
  new: 'The key is set',
  replaced: 'The key is replaced',
  unchanged: 'That is the key already; nothing was changed',
} as const;

/**
 * Counts the open incidents of a service that were opened with a former key. The key is set already,
 * so a table that cannot be read is only a warning.
 *
 * @returns `null` when it is not known, or when the stage resolves no incidents
 */
async function countFormer(
  context: StageContext,
  service: string,
  key: string,
  { stderr }: Terminal,
): Promise<number | null> {
  if (context.outputs.openIncidentsTable === undefined) return null;
  try {
    return await countOpenUnderFormerKey(await openTable(context), service, key);
  } catch (error) {
    const reason = explain(error, whereOf(context));
    const text = `The open incidents of the former key were not counted. ${reason}`;
    writeText(stderr, paint(stderr, 'yellow', text));
    return null;
  }
}

async function set(
  session: Session,
  service: string,
  options: { readonly unrouted?: boolean; readonly yes?: boolean; readonly json?: boolean },
): Promise<ExitCode> {
  const { terminal } = session;
  const context = await session.openStage();
  checkService(service, context.services, options.unrouted === true);
  const key = readIntegrationKey(
    await readSecret(terminal, `Integration key of ${service}, ${targetOf(context)} (not shown):`),
  );
  const store = { secrets: context.secrets, secretArn: context.outputs.integrationKeysSecretArn };
  const former = (await readKeys(store)).keys.get(service);
  if (options.yes !== true && former !== undefined && former !== key) {
    const question = `Replace the key of ${service} in ${targetOf(context)}?`;
    if (!(await confirmed(terminal, question))) {
      writeLine(terminal.stderr, 'Nothing was changed.');
      return EXIT.failed;
    }
  }
  const result = await setKey(store, service, key);
  const openUnderFormerKey = await countFormer(context, service, key, terminal);
  if (options.json === true) {
    writeLine(terminal.stdout, jsonOf({ service, result, openUnderFormerKey }));
  } else {
    const seconds = Math.ceil(retryCapOf(context.stage.delivery) / 1_000);
    const when = {
      new: `; events that wait for it go out within ${count(seconds, 'second')}.`,
      replaced: '; it is used within a minute, or at once when PagerDuty refuses the former one.',
      unchanged: '.',
    }[result];
    writeText(terminal.stdout, `${service}: ${DONE[result]}${when}`);
    if (openUnderFormerKey !== null && openUnderFormerKey > 0) {
      const [are, them] = openUnderFormerKey === 1 ? ['is', 'it'] : ['are', 'them'];
      writeText(
        terminal.stdout,
        `${count(openUnderFormerKey, 'incident')} ${are} open under a former key. PagerDuty ignores the bridge's resolve of ${them}, so resolve ${them} on PagerDuty's web page: ./bridge incidents list --service ${service}`,
      );
    }
  }
  return EXIT.done;
}

async function remove(
  session: Session,
  service: string,
  options: { readonly yes?: boolean; readonly json?: boolean },
): Promise<ExitCode> {
  const { terminal } = session;
  const context = await session.openStage();
  const store = { secrets: context.secrets, secretArn: context.outputs.integrationKeysSecretArn };
  const { keys } = await readKeys(store);
  if (!keys.has(service)) {
    const others = [...keys.keys()].map(plain).toSorted().join(', ');
    throw new UsageError(
      `There is no key of ${JSON.stringify(service)}; ${others === '' ? 'no service has one' : `there are keys of: ${others}`}.`,
    );
  }
  const effect = context.services.includes(service)
    ? 'A route sends events to it: they will wait until it has a key again, and no page is sent'
    : 'No route sends events to it';
  const question = `Remove the key of ${plain(service)} in ${targetOf(context)}? ${effect}.`;
  if (options.yes !== true && !(await confirmed(terminal, question))) {
    writeLine(terminal.stderr, 'Nothing was changed.');
    return EXIT.failed;
  }
  const result = await removeKey(store, service);
  writeLine(
    terminal.stdout,
    options.json === true
      ? jsonOf({ service, result })
      : `${plain(service)}: The key is removed; the bridge stops using it within a minute.`,
  );
  return EXIT.done;
}

/** Adds the commands. */
export function addKeys(program: Command, session: Session, run: Run): void {
  const keys = program
    .command('keys')
    .description("PagerDuty's integration keys: which services have one, set, remove, check")
    .helpCommand(false);
  addHelp(keys, { examples: [['keys list', 'which services have a key']] });
  const listing = keys
    .command('list')
    .description('which services have an integration key, never the key')
    .option('--json', 'print one JSON document')
    .action(async (options: { json?: boolean }) => run(list(session, options)));
  addHelp(listing, {
    examples: [['keys list', 'a line per service: set, missing or malformed']],
    notes: ['JSON: keys (service, state: set, missing or malformed, routed, note or null).'],
  });
  const setting = keys
    .command('set')
    .description("set a service's integration key, from a hidden prompt or standard input")
    .argument('<service>', 'name of the service, as the routes of the stage spell it')
    .option('--unrouted', 'take a service that no route names yet')
    .option('--yes', 'do not ask before a key is replaced')
    .option('--json', 'print one JSON document')
    .action(
      async (service: string, options: { unrouted?: boolean; yes?: boolean; json?: boolean }) =>
        run(set(session, service, options)),
    );
  addHelp(setting, {
    examples: [
      ['keys set platform', 'asks for the key, and shows nothing'],
      ['keys set platform < file', 'reads it from standard input'],
      ['keys set platform --yes < file', 'the same, to replace a key'],
    ],
    notes: [
      `
The key is the 32 letters and digits of the service's "Events API v2" integration in PagerDuty. It
is never an argument: other users of this machine could see it, and the shell would remember it.`,
      `
JSON: service, result (new, replaced or unchanged), openUnderFormerKey: open incidents that PagerDuty
has under a former key, or null.`,
    ],
  });
  const removing = keys
    .command('remove')
    .description("remove a service's integration key, for instance of a service that is gone")
    .argument('<service>', 'name of the service, as "keys list" spells it')
    .option('--yes', 'do not ask')
    .option('--json', 'print one JSON document')
    .action(async (service: string, options: { yes?: boolean; json?: boolean }) =>
      run(remove(session, service, options)),
    );
  addHelp(removing, {
    examples: [['keys remove former-service', 'asks, and removes the key of that service']],
    notes: ['JSON: service, result (removed or missing).'],
  });
  addKeysCheck(keys, session, run);
}
