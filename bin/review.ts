/**
 * `npm run review`: shows how this checkout changes each stage: first what becomes of events, then
 * permissions, then resources.
 */

import { rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { defineStages } from '../config/define-stage.ts';
import { orPrintMistakes } from '../config/stage-error.ts';
import { warningsOf } from '../config/warnings.ts';
import { lastPageBound } from '../lambda/shared/delivery-settings.ts';
import { wrap } from '../lib/review/columns.ts';
import { reviewStages, type StageReview } from '../lib/review/review.ts';
import { reviewedPath } from '../lib/reviewed.ts';

const { stages } = await orPrintMistakes(import('../config/index.ts'));
const { referenceStages } = await orPrintMistakes(import('../config/reference.ts'));

const USAGE = `Usage: npm run review [-- --accept]

Shows how each stage differs from what was reviewed of it in test/snapshots/: first the routes, then
permissions, senders and encryption, then resources. The stages own and existing have every option:
no command deploys them.

  --accept   write the routes and templates of this checkout to test/snapshots/, to be committed
  --help     this text

Exit codes: 0 as reviewed or accepted, 1 a stage differs or cannot be used, 2 an error.`;

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
    for (const warning of warningsOf(stage)) {
      console.log(wrap(`${stage.name}: warning: ${warning}`).join('\n'));
    }
  }
}

/** Writes what was reviewed, or removes it if the stage is gone. */
function acceptReview({ stage, current }: StageReview): void {
  for (const part of ['template', 'routes'] as const) {
    const path = reviewedPath(stage, part);
    if (current === undefined) rmSync(path, { force: true });
    else writeFileSync(path, current[part]);
  }
}

function review(accept: boolean): number {
  const reviews = reviewStages(defineStages([...stages, ...referenceStages]));
  for (const { stage, lines } of reviews) {
    console.log(lines.length === 0 ? `${stage}: as reviewed` : lines.join('\n'));
  }
  showWarnings();
  showLastPages();
  const changed = reviews.filter(({ lines }) => lines.length > 0);
  const names = changed.map(({ stage }) => stage).join(', ');
  if (changed.length === 0) return 0;
  if (accept) {
    for (const one of changed) acceptReview(one);
    console.log(`Accepted: ${names}. Commit test/snapshots/ with your change.`);
    return 0;
  }
  console.log(`Changed: ${names}. If you mean it: npm run review -- --accept`);
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
