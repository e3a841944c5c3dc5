/**
 * `npm run review`: shows how this checkout changes the template of each stage, changes of IAM and
 * security first.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { stages } from '../config/index.ts';
import { warningsOf } from '../config/warnings.ts';
import { lastPageBound } from '../lambda/shared/delivery-settings.ts';
import { bridgeApp } from '../lib/bridge-app.ts';
import { PROJECT_ROOT } from '../lib/bundle.ts';
import { reviewedStages, reviewedTemplatePath, synthesiseTemplates } from '../lib/templates.ts';

const USAGE = `Usage: npm run review [-- --accept]

Shows how the template of each stage differs from the reviewed one in test/snapshots/, with changes
of IAM and security first.

  --accept   write the templates of this checkout to test/snapshots/, to be committed
  --help     this text

Exit codes: 0 as reviewed or accepted, 1 a template differs or a stage cannot be used, 2 an error.`;

/** Shows the difference as `cdk diff` does. Both sides are files, so it needs no credentials. */
function showDifference(stage: string, assembly: string, reviewed: string): void {
  spawnSync(
    process.execPath,
    [
      join(PROJECT_ROOT, 'node_modules', 'aws-cdk', 'bin', 'cdk'),
      'diff',
      stage,
      '--app',
      assembly,
      '--template',
      reviewed,
      '--no-notices',
    ],
    {
      cwd: assembly,
      // The CLI writes to standard error; the review is one text on standard output.
      stdio: ['ignore', process.stdout, process.stdout],
      env: { ...process.env, CDK_DISABLE_CLI_TELEMETRY: 'true' },
    },
  );
}

/** What the delivery settings of each stage mean for the pages of an outage. */
function showLastPages(): void {
  for (const { name, delivery } of stages) {
    const bound = Math.ceil(lastPageBound(delivery) / 1000);
    console.log(
      `${name}: last page after an outage: at most ${bound} s, plus what the rate limit takes`,
    );
  }
}

/** What is probably a mistake in a stage. */
function showWarnings(): void {
  for (const stage of stages) {
    for (const warning of warningsOf(stage)) console.log(`${stage.name}: warning: ${warning}`);
  }
}

function review(accept: boolean): number {
  showLastPages();
  showWarnings();
  const templates = synthesiseTemplates(stages);
  const assembly = mkdtempSync(join(tmpdir(), 'review-'));
  const changed: string[] = [];
  try {
    bridgeApp({ stages, outdir: assembly, bundle: false }).synth();
    for (const [stage, template] of templates) {
      const path = reviewedTemplatePath(stage);
      const reviewed = existsSync(path) ? readFileSync(path, 'utf8') : '{}\n';
      if (reviewed === template) {
        console.log(`${stage}: as reviewed`);
        continue;
      }
      changed.push(stage);
      writeFileSync(join(assembly, `${stage}.template.json`), template);
      const before = join(assembly, `${stage}.reviewed.json`);
      writeFileSync(before, reviewed);
      console.log(`${stage}: differs from test/snapshots/${stage}.template.json\n`);
      showDifference(stage, assembly, before);
      if (accept) writeFileSync(path, template);
    }
  } finally {
    rmSync(assembly, { recursive: true, force: true });
  }
  for (const stage of reviewedStages()) {
    if (templates.has(stage)) continue;
    changed.push(stage);
    console.log(`${stage}: is not a stage any more; its stack stays until you destroy it`);
    if (accept) rmSync(reviewedTemplatePath(stage));
  }
  if (changed.length === 0) return 0;
  if (accept) {
    console.log(`Accepted: ${changed.join(', ')}. Commit test/snapshots/ with your change.`);
    return 0;
  }
  console.log(`Changed: ${changed.join(', ')}. If you mean it: npm run review -- --accept`);
  return 1;
}

function main(): number {
  try {
    const { values } = parseArgs({
      options: {
        accept: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
    if (values.help === true) {
      console.log(USAGE);
      return 0;
    }
    return review(values.accept === true);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 2;
  }
}

process.exitCode = main();
