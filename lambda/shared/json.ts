/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** True for a parsed JSON object; false for `null`, an array or another value. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
