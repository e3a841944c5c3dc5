import { isJsonObject } from '../shared/json.ts';

/** A field that was sent but that no field of `GlasnosticEvent` holds. */
export type UnmappedField = readonly [path: string, value: unknown];

/**
 * The fields of an object that parsing did not use: unknown fields, and known fields with an
 * unusable value. A known field that is `null` or blank is left out.
 *
 * @param used the known fields; `undefined` where the value could not be used
 * @param path prefix of the paths, such as `event.view.`
 */
export function unmappedFields(
  object: unknown,
  used: Readonly<Record<string, unknown>>,
  path = '',
): readonly UnmappedField[] {
  if (!isJsonObject(object)) return [];
  return Object.entries(object)
    .filter(
      ([name, value]) =>
        !Object.hasOwn(used, name) || (used[name] === undefined && !isEmpty(value)),
    )
    .map(([name, value]) => [`${path}${name}`, value]);
}

const isEmpty = (value: unknown): boolean =>
  value === null || (typeof value === 'string' && value.trim() === '');
