import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { hardened, templateOf } from './stages.ts';

test('every query that the runbook names is saved, in the folder of the stage', () => {
  const saved = Object.values(templateOf(hardened).findResources('AWS::Logs::QueryDefinition')).map(
    ({ Properties }) => String(Properties.Name),
  );
  const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
  const named = [...runbook.matchAll(/saved quer(?:y|ies) ([^.;:]+)/gi)].flatMap(([, text = '']) =>
    [...text.matchAll(/_([^_]+)_/g)].map(([, name = '']) => name),
  );
  expect(new Set(named).size).toBeGreaterThan(6);
  for (const name of named) expect(saved).toContain(`glasnostic-pagerduty-hardened/${name}`);
});
