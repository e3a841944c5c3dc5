import * as v from 'valibot';
import type { AssemblyStack } from '../../local/stack/template.ts';
import { changedCopy } from './changed-copy.ts';

/** A function of the bridge: the prefix of the logical IDs of its resources. */
export type FunctionPrefix = 'Ingest' | 'Delivery';

/** Something with a role: a function, or the schedule of ticks. */
export type RolePrefix = FunctionPrefix | 'Tick';

const Policy = v.looseObject({
  Type: v.literal('AWS::IAM::Policy'),
  Properties: v.looseObject({
    PolicyDocument: v.looseObject({
      Statement: v.array(
        v.looseObject({
          Action: v.union([v.string(), v.array(v.string())]),
          Resource: v.unknown(),
        }),
      ),
    }),
  }),
});

const Template = v.looseObject({ Resources: v.record(v.string(), v.unknown()) });

/** Actions that a role may do on a resource, which is a value of the template. */
export interface TemplateGrant {
  readonly actions: readonly string[];
  readonly resource: unknown;
}

/** Policies that name only the key of the stage, one per role. */
const KEY_POLICIES = 'StageKeyPermissions';

/**
 * Makes a copy of a synthesised stack with other grants for a role.
 *
 * @param name of the copy; must be unique
 * @param change of one policy of the role: the first of them that it changes
 * @throws Error when it changes none
 */
export function withGrants(
  assembly: AssemblyStack,
  name: string,
  fn: RolePrefix,
  change: (grants: readonly TemplateGrant[]) => readonly TemplateGrant[],
): AssemblyStack {
  return changedCopy(assembly, name, (text) => {
    const template = v.parse(Template, JSON.parse(text));
    const ids = Object.keys(template.Resources).filter(
      (id) =>
        (id.startsWith(fn) || id.startsWith(`${KEY_POLICIES}${fn}`)) &&
        v.is(Policy, template.Resources[id]),
    );
    if (ids.length === 0) throw new Error(`The template has no policy of ${fn}.`);
    for (const id of ids) {
      const { Properties, ...rest } = v.parse(Policy, template.Resources[id]);
      const grants = Properties.PolicyDocument.Statement.map(({ Action, Resource }) => ({
        actions: [Action].flat(),
        resource: Resource,
      }));
      const changed = change(grants).filter(({ actions }) => actions.length > 0);
      if (JSON.stringify(changed) === JSON.stringify(grants)) continue;
      const Statement = changed.map(({ actions, resource }) => ({
        Effect: 'Allow',
        Action: actions,
        Resource: resource,
      }));
      const PolicyDocument = { ...Properties.PolicyDocument, Statement };
      template.Resources[id] = { ...rest, Properties: { ...Properties, PolicyDocument } };
      return JSON.stringify(template);
    }
    return text;
  });
}

/** The copy without one action of a role. */
export function withoutGrant(
  assembly: AssemblyStack,
  fn: RolePrefix,
  action: string,
): AssemblyStack {
  const name = `${fn}-without-${action.replace(':', '-')}`;
  return withGrants(assembly, name, fn, (grants) =>
    grants.map(({ actions, resource }) => ({
      actions: actions.filter((one) => one !== action),
      resource,
    })),
  );
}
