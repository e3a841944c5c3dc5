/** Turns the `env.yml` of the vendor's sample handler into a stage and its secret of integration keys. */

import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { defineStage } from '../config/define-stage.ts';
import { migrateSampleHandler, stageSource } from '../config/sample-handler.ts';

const USAGE = `Usage: npm run -s migrate -- env.yml --stage NAME --keys FILE > config/NAME.ts

Writes the source of a stage with the handler's routes to standard output, and its integration keys
to FILE, readable by you alone.

  --stage NAME     name of the new stage
  --keys FILE      file for the integration keys; it must not exist yet
  --mapping NAME   which mapping to take, when env.yml has several glasnostic-webhook-config
  --help           this text

Example, for an env.yml that has a mapping below "staging:" and one below "production:":

  npm run -s migrate -- env.yml --mapping staging --stage staging --keys keys.json > config/staging.ts

After the deployment, put FILE into the stage's secret, then delete FILE. This replaces all keys of the
stage:

  aws secretsmanager put-secret-value --secret-id <IntegrationKeysSecretArn> --secret-string file://FILE

Exit codes: 0 written, 1 env.yml cannot be used or FILE exists, 2 wrong usage.`;

function readArguments() {
  const options = {
    stage: { type: 'string' },
    keys: { type: 'string' },
    mapping: { type: 'string' },
    help: { type: 'boolean' },
  } as const;
  try {
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function main(): number {
  const read = readArguments();
  if (typeof read === 'string') {
    console.error(`${read}\n\n${USAGE}`);
    return 2;
  }
  const { stage, keys: keysFile, mapping, help } = read.values;
  const [file] = read.positionals;
  if (help === true) {
    console.log(USAGE);
    return 0;
  }
  if (file === undefined || stage === undefined || keysFile === undefined) {
    console.error(USAGE);
    return 2;
  }
  try {
    const { routes, keys } = migrateSampleHandler(readFileSync(file, 'utf8'), mapping);
    const source = stageSource(defineStage({ name: stage, routes }).name, routes);
    // Refuses to overwrite: the file may hold keys that are nowhere else.
    writeFileSync(keysFile, `${JSON.stringify(keys)}\n`, { mode: 0o600, flag: 'wx' });
    process.stdout.write(source);
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
}

process.exitCode = main();
