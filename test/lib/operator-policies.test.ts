import { describe, expect, test } from '@jest/globals';
import * as v from 'valibot';
import type { Template } from 'aws-cdk-lib/assertions';
import { defineStage } from '../../config/define-stage.ts';
import { referenceStages } from '../../config/reference.ts';
import { grantsOf, KEY_ACTIONS, type OperatorRole } from '../../lib/operator-grants.ts';
import { reviewedTemplate, templateOf } from './stages.ts';

const OneOrMore = v.pipe(
  v.union([v.array(v.unknown()), v.unknown()]),
  v.transform((value) => [value].flat()),
);

const ManagedPolicy = v.object({
  Properties: v.object({
    PolicyDocument: v.object({
      Statement: v.array(
        v.strictObject({ Effect: v.literal('Allow'), Action: OneOrMore, Resource: OneOrMore }),
      ),
    }),
  }),
});

/** Begin of a logical ID, or an ARN -> how the documentation calls the resource. */
const RESOURCES: readonly (readonly [begin: string, name: string])[] = [
  ['arn:aws:cloudformation:', 'stack'],
  ['QueueEvents', 'events queue'],
  ['QueueDeadLetters', 'dead-letter queue'],
  ['IntegrationKeysSecret', 'integration keys'],
  ['WebhookTokenSecret', 'webhook token'],
  ['IngestBridgeLogs', 'ingest log'],
  ['DeliveryBridgeLogs', 'delivery log'],
  ['OpenIncidentsTable', 'open incidents'],
  ['AlarmTopic', 'alarm topic'],
  ['*', 'CloudWatch'],
  ['StageKey', 'key'],
  ['arn:aws:kms:', 'key'],
];

function nameOf(resource: unknown): string {
  const text = JSON.stringify(resource).replace(/^\{"(?:Ref":|Fn::GetAtt":\[)/, '');
  const found = RESOURCES.find(([begin]) => text.startsWith(`"${begin}`));
  return found?.[1] ?? text;
}

/** `<action> on <resource>` of each grant, sorted. */
function sorted(grants: readonly { resource: string; actions: readonly unknown[] }[]): string[] {
  return grants
    .flatMap(({ resource, actions }) => actions.map((action) => `${String(action)} on ${resource}`))
    .toSorted();
}

/** The grants of a policy in a template. */
function grantsIn(template: Template, role: OperatorRole): string[] {
  const policies = Object.entries(template.findResources('AWS::IAM::ManagedPolicy'));
  const prefix = role === 'viewer' ? 'OperatorPoliciesViewer' : 'OperatorPoliciesOperator';
  const [, policy] = policies.find(([id]) => id.startsWith(prefix)) ?? [];
  const { Statement } = v.parse(ManagedPolicy, policy).Properties.PolicyDocument;
  return sorted(
    Statement.flatMap(({ Action, Resource }) =>
      Resource.map((resource) => ({ resource: nameOf(resource), actions: Action })),
    ),
  );
}

describe.each(referenceStages)('the policies of the stage $name', ({ name }) => {
  test.each(['viewer', 'operator'] as const)(
    'allow the %s what its commands call, on the resources of the stage, and its key',
    (role) => {
      const key = { resource: 'key', actions: KEY_ACTIONS[role] };
      expect(grantsIn(reviewedTemplate(name), role)).toEqual(sorted([...grantsOf(role), key]));
    },
  );
});

test('a stage without open incidents has no permission on their table', () => {
  const routes = [{ environment: '*', service: 'platform' }];
  const template = templateOf(defineStage({ name: 'without', routes, operatorPolicies: true }));
  expect(grantsIn(template, 'operator').join()).not.toContain('dynamodb');
});
