import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { defineStage } from '../../../config/define-stage.ts';
import { example } from '../../../config/example.ts';
import type { StageConfig, StageInput } from '../../../config/stage.ts';
import type { Route } from '../../../lambda/shared/routes.ts';
import { reviewStages } from '../../../lib/review/review.ts';
import { reviewedPath } from '../../../lib/reviewed.ts';

const folder = mkdtempSync(join(tmpdir(), 'reviewed-'));

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const many = (service: (i: number) => string): readonly Route[] =>
  Array.from({ length: 10_000 }, (_, i) => ({
    environment: 'e',
    view: `${i}`,
    service: service(i),
  }));

function stage(changes: Partial<StageInput> = {}): StageConfig {
  return defineStage({ name: 'example', routes: example.routes, ...changes });
}

/** Reviews a stage against another one that was reviewed before. */
function linesOf(before: StageConfig, after: StageConfig): readonly string[] {
  for (const { stage: name, current } of reviewStages([before], folder)) {
    for (const part of ['template', 'routes'] as const) {
      writeFileSync(reviewedPath(name, part, folder), current?.[part] ?? '');
    }
  }
  return reviewStages([after], folder).flatMap(({ lines }) => lines);
}

test('a stage that was reviewed has no lines', () => {
  expect(linesOf(stage(), stage())).toEqual([]);
});

test('routes come before permissions, and these before resources; all of it is for people', () => {
  const lines = linesOf(
    stage(),
    stage({
      routes: [{ environment: '*', ignore: true }],
      allowedNetworks: ['203.0.113.0/24'],
      tracing: true,
      customerManagedKey: true,
      delivery: { callsPerMinute: 60 },
      queue: { retentionDays: 7 },
    }),
  );
  expect(lines.filter((line) => line.startsWith('example: '))).toEqual([
    'example: routes',
    'example: permissions, senders and encryption',
    'example: template',
  ]);
  expect(lines[1]).toBe('  SEGMENTATION: was network info, now ignored');
  expect(lines[2]).toBe('  everything else: was platform warning/error/critical, now ignored');
  expect(lines).toContain('  + Ingest/Bridge/Function: ALLOWED_NETWORKS 203.0.113.0/24');
  expect(lines.join('\n')).toMatch(/MessageRetentionPeriod/);
  for (const line of lines) {
    expect(line.length).toBeLessThanOrEqual(100);
    expect(line).not.toMatch(/^\s*$|\p{Extended_Pictographic}|[┌┐]/u);
  }
});

test('a view of 10,000 that is dropped is one line, and 10,000 changes are cut', () => {
  const routes = many((i) => `s${i % 50}`);
  const rest: Route = { environment: '*', ignore: true };
  const without = routes.filter((_, i) => i !== 32);
  expect(
    linesOf(stage({ routes: [...routes, rest] }), stage({ routes: [...without, rest] })),
  ).toEqual(['example: routes', '  view 32 of e: was s32 warning, now ignored']);
  const all = linesOf(stage({ routes }), stage({ routes: many((i) => `other-${i}`) }));
  expect(all).toHaveLength(102);
  expect(all.at(-1)).toBe('  and 9900 more');
});
