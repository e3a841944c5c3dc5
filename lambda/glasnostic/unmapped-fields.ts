import { isJsonObject } from '../shared/json.ts';

/** Something that was sent and not understood: where it stood, and what it was. */
export type UnmappedField = readonly [path: string, value: unknown];

/**
 * The fields of an object that reading it did not take: those that are not known, and known ones
 * that held something unusable. A known one that is `null` or blank says nothing.
 *
 * @param taken what reading made of the known fields, `undefined` where it could not use them
 */
export function unmappedFields(
  object: unknown,
  taken: Readonly<Record<string, unknown>>,
  path = '',
): readonly UnmappedField[] {
  if (!isJsonObject(object)) return [];
  return Object.entries(object)
    .filter(
      ([name, value]) =>
        !Object.hasOwn(taken, name) || (taken[name] === undefined && !isEmpty(value)),
    )
    .map(([name, value]) => [`${path}${name}`, value]);
}

const isEmpty = (value: unknown): boolean =>
  value === null || (typeof value === 'string' && value.trim() === '');
