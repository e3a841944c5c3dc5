/**
 * `npm run bench`: runs the measurements in `bench/` one after the other, each in a process of its
 * own so that none affects the next, and prints one table.
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { Command, CommanderError, Option } from 'commander';
import { longMeasurements, measurements } from '../bench/measurements.ts';
import { COMPARISON, isRows, type Row } from '../bench/measuring/row.ts';
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

Exit codes: 0 every measurement ran, even if goals were missed (a busy machine misses goals);
1 a measurement failed or an event was lost; 2 wrong usage.`;
}

/** Runs one measurement. @throws Error when it fails */
async function run(name: string): Promise<readonly Row[]> {
  const child = fork('bench/run.ts', [name], { cwd: PROJECT_ROOT });
  let rows: unknown;
  child.once('message', (message) => (rows = message));
  const [code] = await once(child, 'exit');
  if (code !== 0 || !isRows(rows)) throw new Error(`${name} could not be measured.`);
  return rows;
}

const program = new Command('npm run bench --')
  .description('Measures the bridge against baselines of the same run.')
  .addOption(new Option('--only <name...>', 'only these, the long ones included').choices(names))
  .option('--json <file>', 'also write the rows and the machine to a file')
  .option('--markdown <file>', 'also write the table to a file, for docs/performance.md')
  .exitOverride()
  .action(async (options: { only?: string[]; json?: string; markdown?: string }) => {
    const on = thisMachine(new Date());
    console.log(describeMachine(on));
    const chosen = options.only ?? names.filter((name) => !longMeasurements.includes(name));
    const rows: Row[] = [];
    for (const [index, name] of chosen.entries()) {
      console.error(`[${index + 1}/${chosen.length}] ${name}`);
      try {
        rows.push(...(await run(name)));
      } catch (error) {
        console.error(error instanceof Error ? error.message : error);
        process.exitCode = 1;
      }
    }
    console.log(tableText(rows));
    const judged = rows.filter(({ goal }) => goal !== COMPARISON);
    const missed = judged.filter(({ isMet }) => !isMet).length;
    const took = Math.round((Date.now() - Date.parse(on.at)) / 1000);
    console.log(`${judged.length - missed} goals met, ${missed} missed; took ${took} s.`);
    if (options.json !== undefined) {
      await writeFile(options.json, `${JSON.stringify({ on, rows }, null, 2)}\n`);
    }
    if (options.markdown !== undefined) {
      await writeFile(options.markdown, `${describeMachine(on)}\n\n${tableMarkdown(rows)}\n`);
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
