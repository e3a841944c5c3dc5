import { beforeAll, describe, expect, test } from '@jest/globals';
import { smallTree } from '../support/small-tree.ts';

/** A file, what it imports, and the words of the linter about it. */
const REFUSED: readonly (readonly [file: string, imported: string, refusal: string])[] = [
  ['lambda/shared/a.ts', '../../config/stage.ts', 'lambda/ imports nothing'],
  ['lambda/shared/b.ts', '../../testkit/random.ts', 'lambda/ imports nothing'],
  ['config/a.ts', '../lib/stack.ts', 'config/ imports'],
  ['config/b.ts', '../lambda/delivery/deliver.ts', 'types, defaults'],
  ['config/f.ts', '../explain/explain.ts', 'config/ imports'],
  ['explain/a.ts', '../lib/stack.ts', 'explain/ imports config/'],
  ['explain/b.ts', '../lambda/delivery/handler.ts', 'calls nothing'],
  ['explain/c.ts', '@aws-sdk/client-sqs', 'no AWS SDK'],
  ['lib/a.ts', '../ops/main.ts', 'lib/ imports config/'],
  ['lib/b.ts', '../lambda/delivery/deliver.ts', 'lib/ imports names'],
  ['lib/c.ts', '@aws-sdk/client-sqs', 'no AWS SDK'],
  ['ops/a.ts', '../local/bridge.ts', 'ops/ imports config/'],
  ['ops/b.ts', '../lib/stack.ts', 'ops/ imports config/'],
  ['ops/c.ts', '../lambda/delivery/deliver.ts', 'not what the functions do'],
  ['ops/d.ts', '../lambda/shared/clients.ts', 'not what the functions do'],
  ['local/a.ts', '../lambda/delivery/handler.ts', 'no handlers'],
  ['local/b.ts', '../bench/row.ts', 'local/ imports no benches'],
  ['bin/a.ts', '../testkit/random.ts', 'Only bench/ and test/'],
  ['bench/a.ts', '../test/support.ts', 'Only test/ imports test/'],
  ['testkit/a.ts', '../test/support.ts', 'testkit/ is below'],
];

const ALLOWED: readonly (readonly [file: string, imported: string])[] = [
  ['lambda/shared/c.ts', '../pagerduty/severity.ts'],
  ['config/c.ts', '../lambda/shared/delivery-settings.ts'],
  ['config/d.ts', '../lambda/shared/routes.ts'],
  ['config/e.ts', '../lambda/pagerduty/integration-key.ts'],
  ['explain/d.ts', '../config/stage.ts'],
  ['explain/e.ts', '../lambda/ingest/ingest.ts'],
  ['bin/b.ts', '../explain/explain.ts'],
  ['lib/d.ts', '../config/stage.ts'],
  ['lib/e.ts', '../lambda/shared/environment.ts'],
  ['ops/commands/e.ts', '../../lambda/shared/routes.ts'],
  ['local/c.ts', '../ops/main.ts'],
  ['bench/b.ts', '../testkit/random.ts'],
  ['test/a.ts', '../testkit/random.ts'],
];

/** What the linter found: path -> text. */
let findings = new Map<string, string>();

beforeAll(async () => {
  const tree = smallTree();
  for (const [file, imported] of [...REFUSED, ...ALLOWED]) {
    tree.write({ [file]: `import type { a } from '${imported}';\n\nexport type A = typeof a;\n` });
  }
  tree.write({
    'lib/circle/one.ts': "import type { Two } from './two.ts';\n\nexport type One = Two[];\n",
    'lib/circle/two.ts': "import type { One } from './one.ts';\n\nexport type Two = One[];\n",
  });
  const { output } = await tree.run('node_modules/.bin/oxlint', '--type-aware');
  tree.remove();
  findings = new Map(
    output.split(/^(?= {2}x )/m).map((text) => [/,-\[(.+?):\d+:\d+\]/.exec(text)?.[1] ?? '', text]),
  );
});

describe('who may import whom', () => {
  test.each(REFUSED)('%s may not import %s: "%s"', (file, _, refusal) => {
    expect(findings.get(file)).toContain(refusal);
  });

  test.each(ALLOWED)('%s may import %s', (file) => {
    expect(findings.size).toBeGreaterThan(REFUSED.length);
    expect(findings.get(file)).toBeUndefined();
  });
});

test.each(['lib/circle/one.ts', 'lib/circle/two.ts'])('types in a circle: %s', (file) => {
  expect(findings.get(file)).toContain('Dependency cycle');
});
