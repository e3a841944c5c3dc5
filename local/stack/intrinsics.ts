/** Evaluates the intrinsic functions that this project's CloudFormation templates use. */

import { isJsonObject } from '../../lambda/shared/json.ts';

/** Values of references. They throw when the template has no such name. */
export interface References {
  /** Value of `{ "Ref": name }`: a resource's physical ID, or a pseudo parameter. */
  readonly ref: (name: string) => unknown;
  /** Value of `{ "Fn::GetAtt": [logicalId, attribute] }`. */
  readonly attribute: (logicalId: string, attribute: string) => unknown;
  /** Value of a condition. @default a template without conditions */
  readonly condition?: (name: string) => unknown;
}

/** Value of `AWS::NoValue`: {@link evaluate} removes the property or list element. */
export const NO_VALUE = Symbol('AWS::NoValue');

type IntrinsicFunction = (argument: unknown, references: References) => unknown;

function listOf(argument: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(argument)) throw new TypeError(`${name} in the template has no list.`);
  return argument;
}

function textOf(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new TypeError(`${name} in the template has ${JSON.stringify(value)} where text belongs.`);
}

function getAttribute(argument: unknown, references: References): unknown {
  const [logicalId, ...attribute] =
    typeof argument === 'string' ? argument.split('.') : listOf(argument, 'Fn::GetAtt');
  return references.attribute(
    textOf(logicalId, 'Fn::GetAtt'),
    attribute.map((part) => textOf(part, 'Fn::GetAtt')).join('.'),
  );
}

function join(argument: unknown, references: References): string {
  const [separator, parts] = listOf(argument, 'Fn::Join');
  return listOf(evaluate(parts, references), 'Fn::Join')
    .map((part) => textOf(part, 'Fn::Join'))
    .join(textOf(separator, 'Fn::Join'));
}

function substitute(argument: unknown, references: References): string {
  const [pattern, variables = {}] =
    typeof argument === 'string' ? [argument] : listOf(argument, 'Fn::Sub');
  const own = isJsonObject(variables) ? variables : {};
  return textOf(pattern, 'Fn::Sub').replaceAll(
    /\$\{(!?)([^}]+)\}/g,
    (_, literal: string, name: string) => {
      if (literal !== '') return `\${${name}}`;
      if (Object.hasOwn(own, name)) return textOf(evaluate(own[name], references), 'Fn::Sub');
      const value = name.includes('.') ? getAttribute(name, references) : references.ref(name);
      return textOf(value, 'Fn::Sub');
    },
  );
}

function select(argument: unknown, references: References): unknown {
  const [index, items] = listOf(argument, 'Fn::Select');
  return listOf(evaluate(items, references), 'Fn::Select')[Number(evaluate(index, references))];
}

function split(argument: unknown, references: References): string[] {
  const [separator, text] = listOf(argument, 'Fn::Split');
  return textOf(evaluate(text, references), 'Fn::Split').split(textOf(separator, 'Fn::Split'));
}

function choose(argument: unknown, references: References): unknown {
  const [name, whenTrue, whenFalse] = listOf(argument, 'Fn::If');
  const condition = references.condition?.(textOf(name, 'Fn::If'));
  if (typeof condition !== 'boolean') {
    throw new TypeError(`The template has no condition ${String(name)}.`);
  }
  return evaluate(condition ? whenTrue : whenFalse, references);
}

function equals(argument: unknown, references: References): boolean {
  const [left, right] = listOf(evaluate(argument, references), 'Fn::Equals');
  return textOf(left, 'Fn::Equals') === textOf(right, 'Fn::Equals');
}

const FUNCTIONS: Readonly<Record<string, IntrinsicFunction>> = {
  Ref: (argument, references) => references.ref(textOf(argument, 'Ref')),
  'Fn::GetAtt': getAttribute,
  'Fn::Join': join,
  'Fn::Sub': substitute,
  'Fn::Select': select,
  'Fn::Split': split,
  'Fn::If': choose,
  'Fn::Equals': equals,
};

/**
 * Replaces every intrinsic function in a value of a template.
 *
 * @throws Error naming the function when the local bridge does not know it.
 */
export function evaluate(value: unknown, references: References): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => evaluate(item, references)).filter((item) => item !== NO_VALUE);
  }
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value);
  const [name, argument] = entries[0] ?? [];
  if (entries.length === 1 && name !== undefined && (name === 'Ref' || name.startsWith('Fn::'))) {
    const intrinsic = FUNCTIONS[name];
    if (intrinsic === undefined) {
      throw new Error(
        `The template uses ${name}, which the local bridge cannot evaluate; add it to local/stack/intrinsics.ts.`,
      );
    }
    return intrinsic(argument, references);
  }
  return Object.fromEntries(
    entries
      .map(([key, item]) => [key, evaluate(item, references)] as const)
      .filter(([, item]) => item !== NO_VALUE),
  );
}
