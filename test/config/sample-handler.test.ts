import { describe, expect, test } from '@jest/globals';
import { defineStage } from '../../config/define-stage.ts';
import { migrateSampleHandler, stageSource } from '../../config/sample-handler.ts';

const A = 'a'.repeat(32);
const B = 'b'.repeat(32);
const mapping = { '11': { '7': A, '8': B }, '12': { '9': A } };
const yml = `# Keys\nglasnostic-webhook-config: '${JSON.stringify(mapping)}'\n`;

describe('the mapping of the sample handler', () => {
  test('becomes a route for each view, and a service for each key', () => {
    const { routes, keys } = migrateSampleHandler(yml);
    expect(routes).toEqual([
      { environment: '11', view: '7', service: 'service-1', severity: 'warning' },
      { environment: '11', view: '8', service: 'service-2', severity: 'warning' },
      { environment: '12', view: '9', service: 'service-1', severity: 'warning' },
    ]);
    expect(keys).toEqual({ 'service-1': A, 'service-2': B });
    expect(defineStage({ name: 'moved', routes }).routes).toEqual(routes);
  });

  test('may stand in double quotes', () => {
    const quoted = `glasnostic-webhook-config: ${JSON.stringify(JSON.stringify(mapping))}`;
    expect(migrateSampleHandler(quoted)).toEqual(migrateSampleHandler(yml));
  });

  test('becomes the source of a stage, without a key', () => {
    const source = stageSource('moved', migrateSampleHandler(yml).routes);
    expect(source).toContain(
      '{ environment: "11", view: "8", service: "service-2", severity: "warning" },',
    );
    expect(source).toContain('name: "moved",');
    expect(source).not.toContain(A);
  });
});

test.each([
  ['another file', 'service: x', "has no setting glasnostic-webhook-config: Is it the handler's"],
  ['no JSON', `glasnostic-webhook-config: '{ "11": ${A} }'`, 'is not JSON.'],
  ['no views', `glasnostic-webhook-config: '{ "11": "${A}" }'`, 'Environment "11" has no views.'],
  ['nothing', "glasnostic-webhook-config: '{}'", 'The mapping has no views.'],
  [
    'a key of 31 characters',
    `glasnostic-webhook-config: '{ "11": { "7": "${A.slice(1)}" } }'`,
    'View "7" of environment "11" has no integration key of 32 letters and digits.',
  ],
])('%s is refused, without a word of a key', (_, text, message) => {
  expect(() => migrateSampleHandler(text)).toThrow(message);
  expect(() => migrateSampleHandler(text)).not.toThrow(/a{31}/);
});
