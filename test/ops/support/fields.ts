import { isJsonObject } from '../../../lambda/shared/json.ts';

/** Field names of a JSON document, such as `deadLetters[].event.kind`. */
export function fieldsOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => fieldsOf(item, `${path}[]`));
  if (!isJsonObject(value)) return [path];
  return Object.entries(value).flatMap(([name, item]) =>
    fieldsOf(item, path === '' ? name : `${path}.${name}`),
  );
}
