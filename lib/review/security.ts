/** What a template allows: permissions, senders, encryption and where data goes, in words. */

import { ENV } from '../../lambda/shared/environment.ts';
import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';
import { plainTemplate } from './plain-template.ts';

/** Properties that decide how data is encrypted, who may call, and what bounds a role. */
const SECURITY_PROPERTIES =
  /kms|sse|encrypt|authorization|publicaccess|DisableExecuteApiEndpoint|ManagedPolicyArns|PermissionsBoundary|VpcConfig/i;

/** Resources that allow something as a whole. */
const SECURITY_TYPES: readonly unknown[] = ['AWS::Lambda::Permission', 'AWS::SNS::Subscription'];

/** Variables of the functions that decide who may send, and where and how calls go out. */
const SECURITY_VARIABLES: readonly string[] = [
  ENV.allowedNetworks,
  ENV.pagerDutyUrl,
  ENV.httpsProxy,
  ENV.noProxy,
  ENV.useFipsEndpoint,
];

/**
 * The changes of what two templates allow: `-` for what was allowed, `+` for what is now.
 *
 * @param before parsed template
 * @param after parsed template
 */
export function securityChanges(before: unknown, after: unknown): readonly string[] {
  const [was, is] = [securityFacts(before), securityFacts(after)];
  return [
    ...[...was].filter((fact) => !is.has(fact)).map((fact) => `- ${fact}`),
    ...[...is].filter((fact) => !was.has(fact)).map((fact) => `+ ${fact}`),
  ];
}

/** All that a template allows. */
function securityFacts(template: unknown): ReadonlySet<string> {
  const facts = new Set<string>();
  for (const { name, type, properties } of plainTemplate(template)) {
    if (SECURITY_TYPES.includes(type)) facts.add(`${name}: ${textOf(properties)}`);
    for (const [property, value] of Object.entries(properties)) {
      for (const statement of statementsIn(value)) facts.add(`${name}: ${statement}`);
      if (SECURITY_PROPERTIES.test(property)) facts.add(`${name}: ${property} ${textOf(value)}`);
    }
    for (const fact of variableFacts(properties)) facts.add(`${name}: ${fact}`);
  }
  return facts;
}

function* variableFacts(properties: JsonObject): Iterable<string> {
  const { Environment: environment } = properties;
  const variables = isJsonObject(environment) ? environment['Variables'] : undefined;
  if (!isJsonObject(variables)) return;
  for (const name of SECURITY_VARIABLES) {
    if (variables[name] !== undefined) yield `${name} ${textOf(variables[name])}`;
  }
  if (variables[ENV.webhookTokenSecretArn] !== undefined && !variables[ENV.allowedNetworks]) {
    yield `${ENV.allowedNetworks} not set: every network`;
  }
}

/** The statements of every policy in a value, each in one line. */
function* statementsIn(value: unknown): Iterable<string> {
  if (Array.isArray(value)) {
    for (const item of value) yield* statementsIn(item);
  } else if (isJsonObject(value)) {
    const { Statement: statements } = value;
    if (Array.isArray(statements)) yield* statements.filter(isJsonObject).map(statementText);
    else yield* statementsIn(Object.values(value));
  }
}

function statementText(statement: JsonObject): string {
  const { Sid: _, Effect: effect, ...rest } = statement;
  const parts: readonly (readonly [field: string, before: string])[] = [
    ['Principal', 'to'],
    ['NotPrincipal', 'to all but'],
    ['Action', ''],
    ['NotAction', 'all but'],
    ['Resource', 'on'],
    ['NotResource', 'on all but'],
    ['Condition', 'if'],
  ];
  const words = parts.flatMap(([field, before]) =>
    rest[field] === undefined ? [] : [before, textOf(rest[field])],
  );
  return [String(effect), ...words].filter((word) => word !== '').join(' ');
}

/** A value on one line: lists and objects without quotes and brackets where they are clear. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(textOf).toSorted().join(', ');
  if (!isJsonObject(value)) return JSON.stringify(value) ?? 'none';
  return Object.entries(value)
    .map(([name, inner]) => `${name} ${textOf(inner)}`)
    .join(', ');
}
