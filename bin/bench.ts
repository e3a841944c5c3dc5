/**
 * `npm run bench`: runs the measurements in `bench/` one after the other, each in a process of its
 * own so that none affects the next, and prints one table.
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { longMeasurements, measurements } from '../bench/measurements.ts';
import { COMPARISON, isRows, type Rivals, type Row } from '../bench/measuring/row.ts';
import {
  isSideBySide,
  type SideBySide,
  sideBySideMarkdown,
  sideBySideText,
} from '../bench/measuring/side-by-side.ts';
import {
  describeMachine,
  tableMarkdown,
  tableText,
  thisMachine,
} from '../bench/measuring/table.ts';
import { PROJECT_ROOT } from '../lib/bundle.ts';

const names = Object.keys(measurements);

async function list(): Promise<string> {
  const lines = names.map(async (name) => {
    const { about, seconds } = (await measurements[name]?.())?.default ?? { about: '', seconds: 0 };
    const time = seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
    const only = longMeasurements.includes(name) ? ', only when named' : '';
    return `  ${name.padEnd(16)} ${about} (${time}${only})`;
  });
  return `\nMeasurements:\n${(await Promise.all(lines)).join('\n')}

The comparison runs programs that are not part of this project:
  --alertmanager    Debian's package prometheus-alertmanager, or a release of
                    https://github.com/prometheus/alertmanager
  --vendor-handler  a clone of https://github.com/glasnostic/webhook-handler,
                    after npm ci --omit=dev in it

Exit codes: 0 every measurement ran, even if goals were missed (a busy machine misses goals);
1 a measurement failed or an event was lost; 2 wrong usage.`;
}

/** Runs one measurement. @throws Error when it fails */
async function run(name: string, rivals: Rivals): Promise<readonly Row[] | SideBySide> {
  const { alertmanager = '', vendorHandler = '' } = rivals;
  const child = fork('bench/run.ts', [name, alertmanager, vendorHandler], { cwd: PROJECT_ROOT });
  let results: unknown;
  child.once('message', (message) => (results = message));
  const [code] = await once(child, 'exit');
  if (code === 0 && (isRows(results) || isSideBySide(results))) return results;
  throw new Error(`${name} could not be measured.`);
}

/** Everything below the line about the machine. */
function markdownOf(rows: readonly Row[], tables: readonly SideBySide[]): string {
  const texts = [
    ...(rows.length > 0 ? [tableMarkdown(rows)] : []),
    ...tables.map(sideBySideMarkdown),
  ];
  return texts.join('\n\n');
}

/** How many goals were met; empty when there are none. */
function verdictOf(rows: readonly Row[]): string {
  const judged = rows.filter(({ goal }) => goal !== COMPARISON);
  const missed = judged.filter(({ isMet }) => !isMet).length;
  return judged.length === 0 ? '' : `${judged.length - missed} goals met, ${missed} missed. `;
}

interface Options {
  readonly only?: string[];
  readonly json?: string;
  readonly markdown?: string;
  readonly alertmanager?: string;
  readonly vendorHandler?: string;
}

/** The programs of others, with paths that do not depend on the current folder. */
function rivalsOf({ alertmanager, vendorHandler }: Options): Rivals {
  return {
    ...(alertmanager === undefined ? {} : { alertmanager: resolve(alertmanager) }),
    ...(vendorHandler === undefined ? {} : { vendorHandler: resolve(vendorHandler) }),
  };
}

const program = new Command('npm run bench --')
  .description('Measures the bridge against baselines of the same run.')
  .addOption(new Option('--only <name...>', 'only these, the long ones included').choices(names))
  .option('--json <file>', 'also write the rows and the machine to a file')
  .option('--markdown <file>', 'also write the table to a file, for docs/performance.md')
  .option('--alertmanager <file>', 'Alertmanager, for the comparison')
  .option('--vendor-handler <folder>', "the vendor's sample handler, for the comparison")
  .exitOverride()
  .action(async (options: Options) => {
    const on = thisMachine(new Date());
    console.log(describeMachine(on));
    const chosen = options.only ?? names.filter((name) => !longMeasurements.includes(name));
    const rows: Row[] = [];
    const tables: SideBySide[] = [];
    for (const [index, name] of chosen.entries()) {
      console.error(`[${index + 1}/${chosen.length}] ${name}`);
      try {
        const results = await run(name, rivalsOf(options));
        if (isSideBySide(results)) tables.push(results);
        else rows.push(...results);
      } catch (error) {
        console.error(error instanceof Error ? error.message : error);
        process.exitCode = 1;
      }
    }
    if (rows.length > 0) console.log(tableText(rows));
    for (const table of tables) console.log(`${sideBySideText(table)}\n`);
    console.log(`${verdictOf(rows)}Took ${Math.round((Date.now() - Date.parse(on.at)) / 1000)} s.`);
    if (options.json !== undefined) {
      await writeFile(options.json, `${JSON.stringify({ on, rows, tables }, null, 2)}\n`);
    }
    if (options.markdown !== undefined) {
      await writeFile(options.markdown, `${describeMachine(on)}\n\n${markdownOf(rows, tables)}\n`);
    }
  });

try {
  if (process.argv.includes('--help') || process.argv.includes('-h')) {
    program.addHelpText('after', await list());
  }
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
