/** `npm run bench`: runs the measurements in `bench/`, each in a process of its own. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { PROJECT_ROOT } from '../lib/bundle.ts';

/** The measurements: what each is about, and how long it takes. */
const MEASUREMENTS: Readonly<Record<string, string>> = {
  'simulated-day': 'an outage of 24 hours on a virtual clock; one to two minutes',
  'many-incidents': '1,000 incidents on one key at the real rate limit; about ten minutes',
};

const names = Object.keys(MEASUREMENTS);
const USAGE = `Usage: npm run bench -- [--only NAME]

${names.map((name) => `  ${name.padEnd(16)} ${MEASUREMENTS[name]}`).join('\n')}

Exit code 1 when a measurement misses its goal, 2 for wrong usage.`;

function readNames(): readonly string[] | undefined {
  try {
    const { values } = parseArgs({
      options: { only: { type: 'string', multiple: true }, help: { type: 'boolean' } },
    });
    if (values.help) {
      console.log(USAGE);
      return [];
    }
    const only = values.only ?? names;
    const unknown = only.find((name) => !names.includes(name));
    if (unknown === undefined) return only;
    console.error(`There is no measurement ${JSON.stringify(unknown)}.\n\n${USAGE}`);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : 'Wrong usage.'}\n\n${USAGE}`);
  }
  return undefined;
}

const chosen = readNames();
if (chosen === undefined) process.exitCode = 2;
for (const name of chosen ?? []) {
  console.log(`== ${name}: ${MEASUREMENTS[name]}`);
  const child = spawn(process.execPath, [`bench/${name}.ts`], {
    cwd: PROJECT_ROOT,
    stdio: 'inherit',
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) process.exitCode = 1;
}
