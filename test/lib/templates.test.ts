import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { defineStage } from '../../config/define-stage.ts';
import { stages } from '../../config/index.ts';
import { referenceStages } from '../../config/reference.ts';
import type { Route } from '../../lambda/shared/routes.ts';
import { reviewedPath, reviewedStages } from '../../lib/reviewed.ts';
import { routesText, synthesiseTemplates, withoutCodeHashes } from '../../lib/templates.ts';

/** Everything that is reviewed: what can be deployed, and what has every option. */
const reviewed = [...stages, ...referenceStages];

// Without CloudFormation's rules, which take seconds to load: `validation.long.test.ts` checks them.
const templates = synthesiseTemplates(reviewed, false);

/** Message for a template or routes that differ from the reviewed ones. */
function differsFromReviewed(
  stage: string,
  part: 'template' | 'routes',
  current: string | undefined,
): string | undefined {
  return readFileSync(reviewedPath(stage, part), 'utf8') === current
    ? undefined
    : `The ${part} of ${stage} changed. See how: npm run review. If you mean it: npm run review -- --accept`;
}

const key = (hash: string): string => `{ "S3Key": "${hash.repeat(64)}.zip" }`;

describe('reviewed templates', () => {
  test.each(reviewed)('$name is as reviewed', ({ name, routes }) => {
    expect(differsFromReviewed(name, 'template', templates.get(name))).toBeUndefined();
    expect(differsFromReviewed(name, 'routes', routesText(routes))).toBeUndefined();
  });

  test('there is one for each stage, and no other', () => {
    expect(reviewedStages()).toEqual(reviewed.map(({ name }) => name).toSorted());
  });

  test('the same source gives the same bytes', () => {
    expect(synthesiseTemplates(reviewed, false)).toEqual(templates);
  });

  test('a change in code changes none', () => {
    expect(withoutCodeHashes(key('a'))).toBe('{ "S3Key": "code.zip" }');
    expect(withoutCodeHashes(key('b'))).toBe(withoutCodeHashes(key('a')));
    for (const template of templates.values()) expect(template).not.toMatch(/[0-9a-f]{64}/);
  });

  test('they contain no account, no machine and no version', () => {
    for (const template of templates.values()) {
      // The account that AWS's documentation uses, and the key of its examples.
      const text = template.replaceAll(/123456789012|1234567890ab/g, '');
      expect(text).not.toMatch(/\d{12}|\/home\/|\/tmp\/|CDKMetadata|"Analytics"/);
    }
  });

  test('the folder contains nothing else', () => {
    const files = readdirSync(new URL('../snapshots', import.meta.url));
    expect(files.filter((file) => !/\.(?:template|routes)\.json$/.test(file))).toEqual([]);
  });
});

test('10,000 routes are not in the template', () => {
  const routes: Route[] = Array.from({ length: 10_000 }, (_, i) => ({
    environment: `environment-${i % 50}`,
    view: `view-${i}`,
    service: `service-${i % 200}`,
  }));
  const template = synthesiseTemplates([defineStage({ name: 'large', routes })], false).get(
    'large',
  );
  // CloudFormation takes a template of 1 MB from S3; a Lambda environment is 4 KB at most.
  expect(template?.length).toBeLessThan(100_000);
  expect(template).not.toContain('view-77');
});
