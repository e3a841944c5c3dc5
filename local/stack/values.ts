/** Reads typed values out of a template's properties. */

import { isJsonObject } from '../../lambda/shared/json.ts';
import { evaluate, type References } from './intrinsics.ts';
import type { TemplateResource } from './template.ts';

/** Access to a resource's properties; each is evaluated when it is read. */
export interface Properties {
  readonly logicalId: string;
  /** A property's value; `undefined` when it is absent. */
  readonly get: (name: string) => unknown;
  /** A property that must be text. @throws Error naming the resource and the property */
  readonly text: (name: string) => string;
}

/**
 * Makes a reader of a resource's properties. Only what is read is evaluated: a function that the
 * local bridge does not know does no harm in a property that it does not need.
 */
export function propertyReader(resource: TemplateResource, references: References): Properties {
  const get = (name: string): unknown => evaluate(resource.properties[name], references);
  return {
    logicalId: resource.logicalId,
    get,
    text: (name) => {
      const value = get(name);
      if (typeof value === 'string') return value;
      throw new TypeError(`${resource.logicalId} (${resource.type}) has no ${name}.`);
    },
  };
}

/** A whole number, given as a number or as text, as CloudFormation takes both. */
export function optionalInteger(value: unknown): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) ? number : undefined;
}

/** A whole number, or a default when there is none. */
export function integerOr(value: unknown, otherwise: number): number {
  return optionalInteger(value) ?? otherwise;
}

/** The entries of an object that are text, numbers or booleans, all as text. */
export function textMap(value: unknown): Record<string, string> {
  if (!isJsonObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, item]) =>
      typeof item === 'string' || typeof item === 'number' || typeof item === 'boolean'
        ? [[name, String(item)]]
        : [],
    ),
  );
}
