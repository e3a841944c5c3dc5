import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';

/** A resource of a template, with names instead of references. */
export interface PlainResource {
  /** Its path in the stack, such as `Ingest/Bridge/Role`. */
  readonly name: string;
  readonly type: unknown;
  readonly properties: JsonObject;
}

/** The resources of a template. References to others are their names, such as `${Ingest/Bridge/Role.Arn}`. */
export function plainTemplate(template: unknown): readonly PlainResource[] {
  const resources = isJsonObject(template) ? template['Resources'] : undefined;
  if (!isJsonObject(resources)) return [];
  const names = new Map(Object.entries(resources).map(([id, one]) => [id, nameOf(id, one)]));
  return Object.entries(resources).flatMap(([id, resource]) => {
    if (!isJsonObject(resource)) return [];
    const { Type: type, Properties: given } = resource;
    const properties = plain(given, names);
    const name = names.get(id) ?? id;
    return [{ name, type, properties: isJsonObject(properties) ? properties : {} }];
  });
}

/** The path of a resource below its stack, without CDK's last element. */
function nameOf(id: string, resource: unknown): string {
  const metadata = isJsonObject(resource) ? resource['Metadata'] : undefined;
  const path = isJsonObject(metadata) ? metadata['aws:cdk:path'] : undefined;
  if (typeof path !== 'string') return id;
  return path
    .split('/')
    .slice(1)
    .join('/')
    .replace(/\/Resource$/, '');
}

/** A value with CloudFormation's references and joins as text. */
function plain(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => plain(item, names));
  if (!isJsonObject(value)) return value;
  const { Ref: ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = value;
  if (typeof ref === 'string') return `\${${names.get(ref) ?? ref}}`;
  if (Array.isArray(attribute)) {
    const [id, name] = attribute.map(String);
    return `\${${names.get(id ?? '') ?? id}.${name}}`;
  }
  if (Array.isArray(join) && Array.isArray(join[1])) {
    return join[1].map((item: unknown) => String(plain(item, names))).join(String(join[0]));
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, plain(inner, names)]),
  );
}
