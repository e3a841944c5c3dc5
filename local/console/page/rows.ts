/** Rows of tables, and the filter of rows. Pure. */

/** A name with its value. The name of a nested value has the names around it: `view · name`. */
export type NamedText = readonly [name: string, text: string];

function textOf(value: unknown): string {
  if (value === null || value === undefined) return 'none';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Flattens objects and lists to rows. An empty one is one row. */
export function rowsOf(value: Readonly<Record<string, unknown>>, around = ''): NamedText[] {
  return Object.entries(value).flatMap(([key, inner]): NamedText[] => {
    const name = `${around}${key.replaceAll('_', ' ')}`;
    const nested = Array.isArray(inner)
      ? Object.fromEntries(inner.map((each, index) => [`${index + 1}`, each]))
      : inner;
    if (!isPlainObject(nested)) return [[name, textOf(nested)]];
    const rows = rowsOf(nested, `${name} · `);
    return rows.length === 0 ? [[name, 'none']] : rows;
  });
}

/** True when the text has every word, in any order and case. */
export function hasWords(text: string, words: string): boolean {
  const lower = text.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => lower.includes(word));
}
