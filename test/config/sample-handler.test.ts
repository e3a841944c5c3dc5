import { describe, expect, test } from '@jest/globals';
import { defineStage } from '../../config/define-stage.ts';
import { migrateSampleHandler, stageSource } from '../../config/sample-handler.ts';

const A = 'a'.repeat(32);
const B = 'b'.repeat(32);
const mapping = { '11': { '7': A, '8': B, '10': A }, '12': { '9': A } };
const yml = `# Keys\nglasnostic-webhook-config: '${JSON.stringify(mapping)}'\n`;

describe('the mapping of the sample handler', () => {
  test('becomes a service for each key, and a route for each environment of it', () => {
    const { routes, keys } = migrateSampleHandler(yml);
    expect(routes).toEqual([
      { environment: '11', view: ['7', '10'], service: 'service-1', severity: 'warning' },
      { environment: '11', view: '8', service: 'service-2', severity: 'warning' },
      { environment: '12', view: '9', service: 'service-1', severity: 'warning' },
    ]);
    expect(keys).toEqual({ 'service-1': A, 'service-2': B });
    expect(defineStage({ name: 'moved', routes }).routes).toEqual(routes);
  });

  test('may stand in double quotes', () => {
    const json = `glasnostic-webhook-config: ${JSON.stringify(JSON.stringify(mapping))}`;
    expect(migrateSampleHandler(json)).toEqual(migrateSampleHandler(yml));
  });

  test('may stand beside references to other services', () => {
    expect(migrateSampleHandler(`${yml}token: $\{ssm:/bridge/token}\n`)).toEqual(
      migrateSampleHandler(yml),
    );
  });

  test('may be YAML instead of JSON text', () => {
    const lines = ['glasnostic-webhook-config:', '  007:', `    12: ${'1'.repeat(32)}`];
    expect(migrateSampleHandler(lines.join('\n'))).toEqual({
      routes: [{ environment: '007', view: '12', service: 'service-1', severity: 'warning' }],
      keys: { 'service-1': '1'.repeat(32) },
    });
  });

  test('becomes the source of a stage, without a key', () => {
    const source = stageSource('moved', migrateSampleHandler(yml).routes);
    expect(source).toContain(
      '{ environment: "11", view: "8", service: "service-2", severity: "warning" },',
    );
    expect(source).toContain(
      '{ environment: "11", view: ["7", "10"], service: "service-1", severity: "warning" },',
    );
    expect(source).toContain('name: "moved",');
    expect(source).not.toContain(A);
  });
});

/** A mapping as it stands in the file. */
function quoted(key: string): string {
  return `'${JSON.stringify({ '11': { '7': key } })}'`;
}

describe('a file with several mappings', () => {
  const several = [
    'production:',
    `  glasnostic-webhook-config: ${quoted(A)}`,
    'staging:',
    `  glasnostic-webhook-config: ${quoted(B)}`,
    `glasnostic-webhook-config-test: ${quoted(A)}`,
  ].join('\n');

  test.each([
    ['production', A],
    ['staging', B],
    ['glasnostic-webhook-config-test', A],
  ])('gives the one that is chosen: %s', (name, key) => {
    expect(migrateSampleHandler(several, name).keys).toEqual({ 'service-1': key });
  });

  test('may have all of them below one setting', () => {
    const below = `glasnostic-webhook-config:\n  dev: ${quoted(A)}\n  prod: ${quoted(B)}\n`;
    expect(migrateSampleHandler(below, 'prod').keys).toEqual({ 'service-1': B });
  });

  test('says which there are, and how to choose', () => {
    expect(() => migrateSampleHandler(several)).toThrow(
      'The file has 3 mappings: production, staging, glasnostic-webhook-config-test. Choose one: --mapping production',
    );
    expect(() => migrateSampleHandler(several, 'prod')).toThrow(
      'The file has no mapping "prod". There is: production, staging, glasnostic-webhook-config-test.',
    );
  });
});

test.each([
  ['another file', 'service: x', "has no setting glasnostic-webhook-config. Is it the handler's"],
  ['no YAML', `a: b\nglasnostic-webhook-config: '{ "11": ${A} `, 'not YAML: line 2 (MISSING_CHAR)'],
  [
    'a reference',
    'glasnostic-webhook-config: ${ssm:/handler/config}',
    'The mapping is the reference ${ssm:/handler/config}. Write the JSON text',
  ],
  ['no JSON', `glasnostic-webhook-config: '{ "11": ${A} }'`, 'is not JSON.'],
  ['no views', `glasnostic-webhook-config: '{ "11": "${A}" }'`, 'Environment "11" has no views.'],
  ['nothing', "glasnostic-webhook-config: '{}'", 'The mapping has no views.'],
  [
    'a key of 31 characters',
    `glasnostic-webhook-config: '{ "11": { "7": "${A.slice(1)}" } }'`,
    'View "7" of environment "11" has no integration key of 32 letters and digits.',
  ],
])('%s is refused, and the message contains no key', (_, text, message) => {
  expect(() => migrateSampleHandler(text)).toThrow(message);
  expect(() => migrateSampleHandler(text)).not.toThrow(/a{31}/);
});
