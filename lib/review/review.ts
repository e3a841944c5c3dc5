/** Compares the stages of this checkout with the reviewed ones. */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { routeChangeLines } from '../../config/route-change-text.ts';
import { findRouteChanges } from '../../config/route-changes.ts';
import type { StageConfig } from '../../config/stage.ts';
import { readRoutes, type Route } from '../../lambda/shared/routes.ts';
import { bridgeApp } from '../bridge-app.ts';
import { REVIEWED, reviewedPath, reviewedStages } from '../reviewed.ts';
import { routesText, synthesiseTemplates } from '../templates.ts';
import { wrap } from './columns.ts';
import { resourceChanges } from './resources.ts';
import { securityChanges } from './security.ts';

/** Most changes of routes that are shown; the others are counted. */
const MAX_ROUTE_CHANGES = 100;

/** A stage and how it differs from what was reviewed. */
export interface StageReview {
  readonly stage: string;
  /** Text of what is to be reviewed now; `undefined` if the stage was removed. */
  readonly current: { readonly template: string; readonly routes: string } | undefined;
  /** The differences, for people, in 100 columns. Empty if there are none. */
  readonly lines: readonly string[];
}

/**
 * Compares stages with what was reviewed of them. Routes come first, then what the template allows,
 * then its resources.
 *
 * @param folder of the reviewed templates and routes
 */
export function reviewStages(
  stages: readonly StageConfig[],
  folder: string = REVIEWED,
): readonly StageReview[] {
  const templates = synthesiseTemplates(stages);
  const reviews = stages.map((stage) => {
    const current = {
      template: templates.get(stage.name) ?? '',
      routes: routesText(stage.routes),
    };
    return { stage: stage.name, current, lines: differences(stage, current, folder) };
  });
  const removed = reviewedStages(folder)
    .filter((name) => !templates.has(name))
    .map((stage) => ({
      stage,
      current: undefined,
      lines: [`${stage}: is not a stage any more; its stack stays until you destroy it`],
    }));
  return [...reviews, ...removed];
}

function differences(
  stage: StageConfig,
  current: { readonly template: string; readonly routes: string },
  folder: string,
): readonly string[] {
  const read = (what: 'template' | 'routes', none: string): string => {
    const path = reviewedPath(stage.name, what, folder);
    return existsSync(path) ? readFileSync(path, 'utf8') : none;
  };
  const reviewed = { template: read('template', '{}\n'), routes: read('routes', '[]\n') };
  const sections: (readonly [title: string, lines: readonly string[]])[] = [];
  if (reviewed.routes !== current.routes) {
    sections.push(['routes', routeLines(readRoutes(reviewed.routes), stage.routes)]);
  }
  if (reviewed.template !== current.template) {
    const [before, after]: readonly unknown[] = [reviewed.template, current.template].map((text) =>
      JSON.parse(text),
    );
    sections.push(
      ['permissions, senders and encryption', securityChanges(before, after)],
      ['template', templateLines(stage, reviewed.template, current.template)],
    );
  }
  const lines: string[] = [];
  for (const [title, section] of sections) {
    if (section.length === 0) continue;
    lines.push(`${stage.name}: ${title}`);
    for (const line of section) lines.push(...wrap(`  ${line}`));
  }
  return lines;
}

function routeLines(before: readonly Route[], after: readonly Route[]): readonly string[] {
  const { changes, isComplete } = findRouteChanges(before, after);
  const lines = routeChangeLines(changes);
  const more = lines.length - MAX_ROUTE_CHANGES;
  return [
    ...lines.slice(0, MAX_ROUTE_CHANGES),
    ...(more > 0 ? [`and ${more} more`] : []),
    ...(lines.length === 0 ? ['written in another way; every event is treated as before'] : []),
    ...(isComplete ? [] : ['NOT ALL: the routes overlap too often to compare every combination']),
  ];
}

function templateLines(stage: StageConfig, before: string, after: string): readonly string[] {
  const assembly = mkdtempSync(join(tmpdir(), 'review-'));
  try {
    bridgeApp({ stages: [stage], outdir: assembly, bundle: false, validate: false }).synth();
    writeFileSync(join(assembly, `${stage.name}.template.json`), after);
    const reviewed = join(assembly, `${stage.name}.reviewed.json`);
    writeFileSync(reviewed, before);
    return resourceChanges(stage.name, assembly, reviewed);
  } finally {
    rmSync(assembly, { recursive: true, force: true });
  }
}
