/** Turns the `env.yml` of the vendor's sample handler into a stage and the text of the keys' secret. */

import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { defineStage } from '../config/define-stage.ts';
import { migrateSampleHandler, stageSource } from '../config/sample-handler.ts';

const USAGE = `Usage: npm run -s migrate -- env.yml --stage NAME --keys FILE > config/NAME.ts

Writes the source of a stage with the handler's routes to standard output, and its integration keys
to FILE (readable by you alone), to be put into the stage's secret after the deployment:

  aws secretsmanager put-secret-value --secret-id <IntegrationKeysSecretArn> --secret-string file://FILE

Delete FILE afterwards.
`;

function main(): number {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        stage: { type: 'string' },
        keys: { type: 'string' },
        help: { type: 'boolean' },
      },
    });
    const [file] = positionals;
    if (values.help === true) {
      console.log(USAGE);
      return 0;
    }
    if (file === undefined || values.stage === undefined || values.keys === undefined) {
      console.error(USAGE);
      return 2;
    }
    const { routes, keys } = migrateSampleHandler(readFileSync(file, 'utf8'));
    const source = stageSource(defineStage({ name: values.stage, routes }).name, routes);
    // Refuses to overwrite: the file may hold keys that are nowhere else.
    writeFileSync(values.keys, `${JSON.stringify(keys)}\n`, { mode: 0o600, flag: 'wx' });
    process.stdout.write(source);
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
}

process.exitCode = main();
