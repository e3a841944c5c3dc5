/**
 * CloudFormation's description of each resource type, as CDK uses it: properties, their types and
 * enumerations, and which changes replace the resource.
 */

import specification from '@aws-cdk/aws-service-spec';
import type { Property, PropertyType, SpecDatabase } from '@aws-cdk/service-spec-types';
import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';

let loaded: SpecDatabase | undefined;

function database(): SpecDatabase {
  loaded ??= specification.loadAwsServiceSpecSync();
  return loaded;
}

type Properties = Readonly<Record<string, Property>>;

/** Properties of a resource type. @throws Error for an unknown type */
function propertiesOf(type: string): Properties {
  const db = database();
  const [resource] = db.lookup('resource', 'cloudFormationType', 'equals', type);
  if (resource === undefined) throw new Error(`There is no resource type ${type}.`);
  return resource.properties;
}

/** Type of a resource, and its values of the properties that CloudFormation cannot change in place. */
export function replacementIdentity(resource: JsonObject | undefined): unknown {
  if (resource === undefined) return undefined;
  const values = isJsonObject(resource['Properties']) ? resource['Properties'] : {};
  const properties = propertiesOf(String(resource['Type']));
  const fixed = Object.entries(properties)
    .filter(([, { causesReplacement = 'no' }]) => causesReplacement !== 'no')
    .flatMap(([name]) => (values[name] === undefined ? [] : [[name, values[name]]]));
  return { type: resource['Type'], fixed: Object.fromEntries(fixed) };
}

/** A value that CloudFormation evaluates at deployment, so that nothing is known about it. */
function isIntrinsic(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  const [name, ...others] = Object.keys(value);
  return others.length === 0 && (name === 'Ref' || name?.startsWith('Fn::') === true);
}

function* problemsOfType(
  db: SpecDatabase,
  path: string,
  value: unknown,
  type: PropertyType,
): Iterable<string> {
  if (isIntrinsic(value)) return;
  switch (type.type) {
    case 'array':
      if (!Array.isArray(value)) yield `${path}: is not a list`;
      else
        for (const [i, one] of value.entries())
          yield* problemsOfType(db, `${path}[${i}]`, one, type.element);
      return;
    case 'map':
      if (!isJsonObject(value)) yield `${path}: is not an object`;
      else
        for (const [key, one] of Object.entries(value))
          yield* problemsOfType(db, `${path}.${key}`, one, type.element);
      return;
    case 'ref':
      if (!isJsonObject(value)) yield `${path}: is not an object`;
      else yield* problemsOf(db, path, value, db.get('typeDefinition', type.reference).properties);
      return;
    case 'union': {
      const found = type.types.map((one) => [...problemsOfType(db, path, value, one)]);
      if (found.every((problems) => problems.length > 0)) yield* found[0] ?? [];
      return;
    }
    case 'string':
      if (typeof value !== 'string') yield `${path}: is not a text`;
      else if (type.allowedValues !== undefined && !type.allowedValues.includes(value)) {
        yield `${path}: ${value} is none of ${type.allowedValues.join(', ')}`;
      }
      return;
    case 'integer':
    case 'number':
      if (typeof value !== 'number') yield `${path}: is not a number`;
      return;
    case 'boolean':
      if (typeof value !== 'boolean') yield `${path}: is not true or false`;
      return;
    case 'json':
    case 'tag':
    case 'date-time':
    case 'null':
      // Their content is not described.
      return;
  }
}

function* problemsOf(
  db: SpecDatabase,
  path: string,
  values: JsonObject,
  properties: Properties,
): Iterable<string> {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const property = properties[name];
    if (property === undefined) yield `${path}.${name}: is no property`;
    else yield* problemsOfType(db, `${path}.${name}`, value, property.type);
  }
  for (const [name, { required }] of Object.entries(properties)) {
    if (required === true && values[name] === undefined) yield `${path}.${name}: is missing`;
  }
}

/** What is wrong with the resources of a template: unknown or missing properties, types, values. */
export function problemsOfTemplate(template: JsonObject): readonly string[] {
  const db = database();
  const problems: string[] = [];
  const resources = isJsonObject(template['Resources']) ? template['Resources'] : {};
  for (const [id, resource] of Object.entries(resources)) {
    if (!isJsonObject(resource)) continue;
    const values = isJsonObject(resource['Properties']) ? resource['Properties'] : {};
    const properties = propertiesOf(String(resource['Type']));
    problems.push(...problemsOf(db, id, values, properties));
  }
  return problems;
}
