/** Reads typed values from a template's properties. */

import { isJsonObject } from '../../lambda/shared/json.ts';
import { evaluate, type References } from './intrinsics.ts';
import type { StackTemplate } from './template.ts';

/** The properties of a resource; each is evaluated when it is read. */
export interface Properties {
  readonly logicalId: string;
  /** A property's value; `undefined` when it is absent. */
  readonly get: (name: string) => unknown;
  /** A property that must be text. @throws Error naming the resource and the property */
  readonly text: (name: string) => string;
}

/**
 * Makes a lookup of a stack's resources by type. It evaluates only the properties that are read, so an
 * intrinsic function that the local bridge does not know does no harm in other properties.
 */
export function resourcesOf(
  stack: StackTemplate,
  references: References,
): (type: string) => readonly Properties[] {
  return (wanted) =>
    stack.resources
      .filter(({ type }) => type === wanted)
      .map(({ logicalId, type, properties }) => {
        const get = (name: string): unknown => evaluate(properties[name], references);
        const text = (name: string): string => {
          const value = get(name);
          if (typeof value === 'string') return value;
          throw new TypeError(`${logicalId} (${type}) has no ${name}.`);
        };
        return { logicalId, get, text };
      });
}

/** An integer from a number or a text; CloudFormation accepts both. */
export function optionalInteger(value: unknown): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) ? number : undefined;
}

/** An integer, or a default when there is none. */
export function integerOr(value: unknown, otherwise: number): number {
  return optionalInteger(value) ?? otherwise;
}

/** The entries of an object that are text, numbers or booleans, all as text. */
export function textMap(value: unknown): Record<string, string> {
  if (!isJsonObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, item]) =>
      ['string', 'number', 'boolean'].includes(typeof item) ? [[name, String(item)]] : [],
    ),
  );
}
