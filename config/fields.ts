/**
 * The schemas that a stage is made of. Each message says what is wrong and what to write instead.
 */

import * as v from 'valibot';
import { isJsonObject } from '../lambda/shared/json.ts';

/** Shows a value in a message: as JSON, cut to a readable length. */
export function show(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  return json.length > 60 ? `${json.slice(0, 59)}…` : json;
}

/** A value that passes a test. `problem` follows the value in the message. */
export function valid<T>(test: (value: unknown) => boolean, problem: string): v.GenericSchema<T> {
  return v.custom<T>(test, ({ input }) => `${show(input)} ${problem}`);
}

/** A whole number within bounds. `why` is the reason for the bounds. */
export function integer(
  [min, max]: readonly [number, number],
  why: string,
): v.GenericSchema<number> {
  return valid<number>(
    (value) => typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max,
    `is not a whole number from ${min} to ${max}; ${why}`,
  );
}

/** A whole number that may be left out. */
export function integerOr(
  fallback: number,
  bounds: readonly [number, number],
  why: string,
): v.ExactOptionalSchema<v.GenericSchema<number>, number> {
  return v.exactOptional(integer(bounds, why), fallback);
}

/** A text that passes a test. `fix` says what to write instead. */
export function text(test: (value: string) => boolean, fix: string): v.GenericSchema<string> {
  return v.pipe(
    valid<string>((value) => typeof value === 'string' && test(value), `cannot be used; ${fix}`),
    v.description(fix),
  );
}

/** A text that matches a pattern. `fix` says what to write instead. */
export function matching(pattern: RegExp, fix: string): v.GenericSchema<string> {
  return text((value) => pattern.test(value), fix);
}

/** `true` or `false`. */
export const flag = v.boolean(
  ({ input }) => `${show(input)} is not a yes or no; use true or false`,
);

/** One of the values offered. */
export function choice<const T extends string | number>(
  offered: readonly T[],
  what = 'offered',
): v.GenericSchema<T> {
  const fix = `use one of ${offered.join(', ')}`;
  return v.pipe(
    v.picklist(offered, ({ input }) => `${show(input)} is not ${what}; ${fix}`),
    v.description(fix),
  );
}

/** A list of items of one kind. */
export function list<S extends v.GenericSchema>(
  item: S,
): v.GenericSchema<readonly v.InferInput<S>[], readonly v.InferOutput<S>[]> {
  return v.array(item, ({ input }) => `${show(input)} is not a list`);
}

/**
 * Any object, without the fields that are `undefined`: they count as left out. `T` is what
 * TypeScript asks the author of a stage to write.
 */
export function object<T>(): v.GenericSchema<T, object> {
  return v.pipe(
    v.custom<T>(isJsonObject, ({ input }) => `${show(input)} is not an object`),
    v.transform((value) =>
      Object.fromEntries(Object.entries(Object(value)).filter(([, field]) => field !== undefined)),
    ),
  );
}

type Input<E extends v.ObjectEntries> = v.InferInput<v.ObjectSchema<E, undefined>>;
type Output<E extends v.ObjectEntries> = v.InferOutput<v.ObjectSchema<E, undefined>>;

/**
 * An object of known fields. The message of a missing field ends with the description of its
 * schema, the message of an unknown field with the name that was probably meant.
 */
export function fields<E extends v.ObjectEntries>(
  entries: E,
): v.GenericSchema<Readonly<Input<E>>, Readonly<Output<E>>> {
  const known = Object.keys(entries);
  const loose: v.GenericSchema<object, Readonly<Output<E>>> = v.looseObject(entries, ({ path }) => {
    const schema = entries[String(path?.[0].key)];
    return `is missing; ${(schema && v.getDescription(schema)) ?? 'it has no default'}`;
  });
  // `v.strictObject` would report the first unknown field alone.
  const noOthers = v.rawCheck<Readonly<Output<E>>>(({ dataset, addIssue }) => {
    for (const field of Object.keys(Object(dataset.value))) {
      if (known.includes(field)) continue;
      const meant = nearest(field, known);
      const fix = meant === undefined ? `use one of ${known.join(', ')}` : `did you mean ${meant}?`;
      addIssue({ message: `is not a field; ${fix}`, path: [pathItem(field)] });
    }
  });
  return v.pipe(object<Readonly<Input<E>>>(), loose, noOthers);
}

/** A mistake in how several values fit together. */
export interface Mistake {
  /**
   * Position in a list, or the way to a field, such as `over[0].ratio`; '' for the value itself. A
   * list for the way to a route, which the message names.
   */
  readonly path: string | number | readonly (string | number)[];
  readonly message: string;
}

/** Looks for mistakes in how values fit together, when each value is valid by itself. */
export function crossCheck<T>(find: (value: T) => Iterable<Mistake>): v.RawCheckAction<T> {
  return v.rawCheck<T>(({ dataset, addIssue }) => {
    if (!dataset.typed || dataset.issues !== undefined) return;
    for (const { path, message } of find(dataset.value)) {
      const [first, ...rest] = [path].flat().filter((key) => key !== '');
      addIssue({
        message,
        ...(first === undefined ? {} : { path: [pathItem(first), ...rest.map(pathItem)] }),
      });
    }
  });
}

function pathItem(key: string | number): v.IssuePathItem {
  return { type: 'unknown', origin: 'value', input: undefined, key, value: undefined };
}

/** How many edits turn one word into the other (Levenshtein). */
function distance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (const [i, a] of Array.from(from).entries()) {
    const row = [i + 1];
    for (const [j, b] of Array.from(to).entries()) {
      const change = (previous[j] ?? 0) + (a === b ? 0 : 1);
      row.push(Math.min(change, (previous[j + 1] ?? 0) + 1, (row[j] ?? 0) + 1));
    }
    previous = row;
  }
  return previous.at(-1) ?? 0;
}

/** The name that was probably meant; `undefined` when none is near. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.floor(word.length / 3));
  const lower = word.toLowerCase();
  const ranked = names
    .map((name) => ({ name, edits: distance(lower, name.toLowerCase()) }))
    .toSorted((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best !== undefined && best.edits <= limit ? best.name : undefined;
}
