import { expect, test } from '@jest/globals';
import { example } from '../../config/example.ts';
import { local } from '../../config/local.ts';
import { referenceStages } from '../../config/reference.ts';
import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';
import { problemsOfTemplate } from '../support/resource-spec.ts';
import { hardened, templateOf } from './stages.ts';

test.each(
  [example, local, hardened, ...referenceStages].map((stage) => [stage.name, stage] as const),
)(
  'every property of %s is one of its type, with a value that CloudFormation accepts',
  (_, stage) => {
    expect(problemsOfTemplate(templateOf(stage).toJSON())).toEqual([]);
  },
);

test.each<[string, JsonObject, RegExp]>([
  ['an unknown property', { Runtimes: 'nodejs24.x' }, /\.Runtimes: is no property$/],
  [
    'a nested unknown property',
    { LoggingConfig: { LogFormt: 'JSON' } },
    /LogFormt: is no property/,
  ],
  ['an unknown value', { LoggingConfig: { LogFormat: 'XML' } }, /XML is none of Text, JSON$/],
  ['a number as text', { MemorySize: 'much' }, /MemorySize: is not a number$/],
  ['a list that is none', { Architectures: 'arm64' }, /Architectures: is not a list$/],
  ['a missing property', { Role: undefined }, /Role: is missing$/],
])('%s is found', (_, change, problem) => {
  const template: JsonObject = templateOf(example).toJSON();
  const resources = isJsonObject(template['Resources']) ? template['Resources'] : {};
  const found = Object.values(resources)
    .filter(isJsonObject)
    .find(({ Type: type }) => type === 'AWS::Lambda::Function');
  const properties = isJsonObject(found?.['Properties']) ? found['Properties'] : {};
  const broken = { Fn: { ...found, Properties: { ...properties, ...change } } };
  expect(problemsOfTemplate({ Resources: broken })).toEqual([expect.stringMatching(problem)]);
});
