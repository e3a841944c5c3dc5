/**
 * Reads a list of numbers that another process sent.
 *
 * @throws Error when it is none, or has none in it
 */
export function numbersOf(value: unknown): readonly number[] {
  if (!Array.isArray(value) || value.length === 0) throw new Error('That is no list of numbers.');
  return value.map(Number);
}
