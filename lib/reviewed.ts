/** Where the reviewed templates and routes are. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the reviewed templates and routes. */
export const REVIEWED = fileURLToPath(new URL('../test/snapshots', import.meta.url));

const SUFFIXES = { template: '.template.json', routes: '.routes.json' } as const;

/** Path of the reviewed template or routes of a stage. */
export function reviewedPath(
  stageName: string,
  what: keyof typeof SUFFIXES,
  folder = REVIEWED,
): string {
  return join(folder, stageName + SUFFIXES[what]);
}

/** Names of the stages that were reviewed. */
export function reviewedStages(folder = REVIEWED): readonly string[] {
  const names = readdirSync(folder).flatMap((file) => {
    const suffix = Object.values(SUFFIXES).find((end) => file.endsWith(end));
    return suffix === undefined ? [] : [file.slice(0, -suffix.length)];
  });
  return [...new Set(names)].toSorted();
}
