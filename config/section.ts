/** Reads untrusted stage data field by field, and remembers every mistake instead of the first. */

import { isJsonObject } from '../lambda/shared/json.ts';

/** Bounds of a whole number, and where they come from. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
  /** Why it cannot be less or more; ends the message. */
  readonly why: string;
}

/** What a text must look like. */
export interface TextRule {
  readonly pattern: RegExp;
  /** What to write instead; ends the message. */
  readonly fix: string;
}

/** Shows a value in a message: as JSON, cut to a readable length. */
export function show(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  return json.length > 60 ? `${json.slice(0, 59)}…` : json;
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
function nearest(word: string, names: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.floor(word.length / 3));
  const lower = word.toLowerCase();
  const ranked = names
    .map((name) => ({ name, edits: distance(lower, name.toLowerCase()) }))
    .toSorted((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best !== undefined && best.edits <= limit ? best.name : undefined;
}

/**
 * One object of the stage's data. Each reader returns the field's value, or its default after
 * noting what is wrong with it; {@link Section.close} notes the fields that nobody asked for.
 */
export class Section {
  readonly path: string;
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #problems: string[];
  readonly #known: string[] = [];

  constructor(path: string, value: unknown, problems: string[]) {
    this.path = path;
    this.#problems = problems;
    this.#fields = isJsonObject(value) ? value : {};
    if (!isJsonObject(value)) this.problem(undefined, `${show(value)} is not an object`);
  }

  /** Notes a mistake of a field, or of the whole object. */
  problem(field: string | undefined, message: string): void {
    this.#problems.push(`${field === undefined ? this.path : `${this.path}.${field}`}: ${message}`);
  }

  /** Whether the field is there. `undefined` counts as left out. */
  has(field: string): boolean {
    return this.#take(field) !== undefined;
  }

  /** A whole number within bounds. */
  integer(field: string, fallback: number, bounds: Bounds): number {
    const value = this.#take(field);
    if (value === undefined) return fallback;
    const { min, max, why } = bounds;
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) {
      return value;
    }
    this.problem(field, `${show(value)} is not a whole number from ${min} to ${max}; ${why}`);
    return fallback;
  }

  /** A text that looks right, or `undefined` when it is left out. */
  optionalText(field: string, rule: TextRule): string | undefined {
    const value = this.#take(field);
    if (value === undefined) return undefined;
    if (typeof value === 'string' && rule.pattern.test(value)) return value;
    this.problem(field, `${show(value)} cannot be used; ${rule.fix}`);
    return undefined;
  }

  /** A text that looks right and has to be there. */
  text(field: string, rule: TextRule): string {
    if (!this.has(field)) this.problem(field, `is missing; ${rule.fix}`);
    return this.optionalText(field, rule) ?? '';
  }

  /** Yes or no. */
  flag(field: string, fallback: boolean): boolean {
    const value = this.#take(field);
    if (value === undefined || typeof value === 'boolean') return value ?? fallback;
    this.problem(field, `${show(value)} is not a yes or no; use true or false`);
    return fallback;
  }

  /** One of the values offered. */
  choice<T extends string | number>(field: string, offered: readonly T[], fallback: T): T {
    const value = this.#take(field);
    if (value === undefined) return fallback;
    const found = offered.find((item) => item === value);
    if (found !== undefined) return found;
    this.problem(field, `${show(value)} is not offered; use one of ${offered.join(', ')}`);
    return fallback;
  }

  /** An object inside this one; an empty one when it is left out. */
  section(field: string): Section {
    return new Section(`${this.path}.${field}`, this.#take(field) ?? {}, this.#problems);
  }

  /** The items of a list, each read by `read`; no items when it is left out. */
  list<T>(field: string, read: (item: unknown, path: string) => T): T[] {
    const value = this.#take(field) ?? [];
    if (!Array.isArray(value)) {
      this.problem(field, `${show(value)} is not a list`);
      return [];
    }
    return value.map((item: unknown, i) => read(item, `${this.path}.${field}[${i}]`));
  }

  /** The raw value, for a field that has more than one form. */
  raw(field: string): unknown {
    return this.#take(field);
  }

  /** Notes every field that no reader asked for, and which one was probably meant. */
  close(): void {
    for (const field of Object.keys(this.#fields)) {
      if (this.#known.includes(field)) continue;
      const meant = nearest(field, this.#known);
      const fix =
        meant === undefined ? `use one of ${this.#known.join(', ')}` : `did you mean ${meant}?`;
      this.problem(field, `is not a field; ${fix}`);
    }
  }

  #take(field: string): unknown {
    if (!this.#known.includes(field)) this.#known.push(field);
    return Object.hasOwn(this.#fields, field) ? this.#fields[field] : undefined;
  }
}
