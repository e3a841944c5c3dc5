/** `keys check`: asks PagerDuty if it accepts the integration keys, which are never shown. */

import type { Command } from 'commander';

import { EXIT, type ExitCode, UsageError } from '../errors.ts';
import { checkKeys, type CheckedKey } from '../keys/check.ts';
import { readKeys } from '../keys/store.ts';
import type { Run, Session } from '../session.ts';
import { addHelp } from '../terminal/help.ts';
import { NOTE, table } from '../terminal/table.ts';
import { jsonOf, paint, plain, widthOf, writeLine } from '../terminal/terminal.ts';

const COLORS = {
  accepted: 'green',
  refused: 'red',
  unknown: 'yellow',
  missing: 'red',
  malformed: 'red',
} as const;

/** What the result of a check means and what to do, in a few words. */
function noteOf({ service, result, detail }: CheckedKey): string {
  const set = `./bridge keys set ${plain(service)}`;
  switch (result) {
    case 'accepted':
      return '';
    case 'refused':
      return `${plain(detail)}; ${set}`;
    case 'unknown':
      return `${plain(detail)}; try again`;
    case 'missing':
      return set;
    case 'malformed':
      return `${detail}; ${set}`;
  }
}

async function check(
  session: Session,
  service: string | undefined,
  options: { readonly json?: boolean },
): Promise<ExitCode> {
  const { stdout, stderr } = session.terminal;
  const { secrets, outputs, services, pagerDutyUrl, stage } = await session.openStage();
  const { keys } = await readKeys({ secrets, secretArn: outputs.integrationKeysSecretArn });
  if (service !== undefined && !keys.has(service) && !services.includes(service)) {
    const all = [...new Set([...services, ...keys.keys()])].map(plain).toSorted().join(', ');
    throw new UsageError(
      `No route sends to ${JSON.stringify(service)}, and it has no key; the services are: ${all}.`,
    );
  }
  writeLine(stderr, `Checking the keys of stage ${stage.name} at ${pagerDutyUrl} ...`);
  const checked = await (service === undefined
    ? checkKeys(keys, services, pagerDutyUrl)
    : checkKeys(new Map([...keys].filter(([name]) => name === service)), [service], pagerDutyUrl));
  if (options.json === true) writeLine(stdout, jsonOf({ keys: checked }));
  else {
    const rows = checked.map((key) => [
      plain(key.service),
      paint(stdout, COLORS[key.result], key.result),
      noteOf(key),
    ]);
    const columns = [{ head: 'SERVICE' }, { head: 'PAGERDUTY' }, NOTE];
    writeLine(stdout, table(columns, rows, widthOf(stdout)));
  }
  return checked.every(({ result }) => result === 'accepted') ? EXIT.done : EXIT.failed;
}

/** Adds the command. */
export function addKeysCheck(keys: Command, session: Session, run: Run): void {
  const command = keys
    .command('check')
    .description('ask PagerDuty if it accepts the keys; opens and resolves nothing there')
    .argument('[service]', 'check the key of this service only')
    .option('--json', 'print one JSON document')
    .action(async (service: string | undefined, options: { json?: boolean }) =>
      run(check(session, service, options)),
    );
  addHelp(command, {
    examples: [
      ['keys check', 'every key of the stage'],
      ['keys check platform', 'the key of one service'],
    ],
    notes: [
      `
Sends a "resolve" with each key, for a dedup key that no alert has. By PagerDuty's documentation the
answer to a valid key is 202, and PagerDuty drops the event; a revoked key is answered 400. This was
tried with the local stand-in only, not with the real PagerDuty.`,
      'Exit code 1 unless PagerDuty accepts every key that was to be checked.',
      'JSON: keys (service, result: accepted, refused, unknown, missing or malformed, detail).',
    ],
  });
}
