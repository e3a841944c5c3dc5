/** The examples of docs/routes.md are valid, and show every field. */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import * as v from 'valibot';
import { defineStage } from '../../config/define-stage.ts';
import { example } from '../../config/example.ts';
import { checkTable, readTable } from '../../explain/table.ts';
import { ROOT, textOf } from '../support/markdown.ts';

const DOCUMENT = textOf('docs/routes.md');

function blocks(language: string): readonly string[] {
  const fences = DOCUMENT.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'));
  return [...fences].map(([, content = '']) => content.trim().replace(/;$/, ''));
}

const examples = blocks('ts');

/** The source of a stage for each example: an example is a stage, or one route. */
const sources = examples.map((source) =>
  source.startsWith('defineStage(')
    ? source
    : `defineStage({ name: 'route', routes: [${source}] })`,
);

const Results = v.array(
  v.object({
    error: v.string(),
    warnings: v.array(v.string()),
    routes: v.array(v.looseObject({})),
  }),
);

/** What `defineStage` makes of each example, in a process that reads TypeScript. */
function evaluate(): v.InferOutput<typeof Results> {
  const program = `
    import { defineStage } from ${JSON.stringify(join(ROOT, 'config/define-stage.ts'))};
    import { warningsOf } from ${JSON.stringify(join(ROOT, 'config/warnings.ts'))};
    const stages = [${sources.map((source) => `() => ${source}`).join(',\n')}];
    const results = stages.map((make) => {
      try {
        const stage = make();
        return { error: '', warnings: warningsOf(stage), routes: stage.routes };
      } catch (error) {
        return { error: error.message, warnings: [], routes: [] };
      }
    });
    process.stdout.write(JSON.stringify(results));`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module-typescript', '--eval', program],
    { cwd: ROOT, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } },
  );
  return v.parse(Results, JSON.parse(stdout === '' ? JSON.stringify(stderr) : stdout));
}

const results = evaluate();

/** The fields that the error about an unknown field of a route lists. */
function knownFields(): readonly string[] {
  const route = { environment: '*', service: 's' };
  try {
    defineStage({ name: 'all', routes: [Object.assign(route, { zzzzzzzzzzzz: 1 })] });
  } catch (error) {
    const [, names] = /use one of (.+)$/.exec(String(error)) ?? [];
    if (names !== undefined) return names.split(', ');
  }
  throw new Error('An unknown field of a route is no mistake any more.');
}

describe('the examples of docs/routes.md', () => {
  test.each(examples.map((source, i) => [source.slice(0, 60), i] as const))(
    'can be used without a warning: %s',
    (_, i) => {
      expect(results[i]).toMatchObject({ error: '', warnings: [] });
    },
  );

  test('show every field of a route', () => {
    const shown = new Set(results.flatMap(({ routes }) => routes.flatMap(Object.keys)));
    expect(knownFields().filter((name) => !shown.has(name))).toEqual([]);
  });

  test('the table of expected results is as expected', async () => {
    const [table = ''] = blocks('json');
    expect(readTable(table)).toHaveLength(3);
    expect(await checkTable(example, readTable(table), Date.now())).toEqual([]);
  });

  test('the explanation is what the command prints', () => {
    const [shown = ''] = blocks('console');
    const [command = '', ...output] = shown.split('\n');
    const [, args = ''] = /explain -- (.+)$/.exec(command) ?? [];
    const { stdout } = spawnSync(process.execPath, ['bin/explain.ts', ...args.split(' ')], {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    expect(stdout.trim()).toBe(output.join('\n'));
  });
});
