/** What the page asks the bridge to do. */

/** A request that failed, in words for the person in front of the page. */
class ApiError extends Error {}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

async function readAnswer(response: Response): Promise<Readonly<Record<string, unknown>>> {
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok && isObject(body)) return body;
  const detail = isObject(body) ? body['detail'] : undefined;
  throw new ApiError(
    typeof detail === 'string' ? detail : `The bridge answered ${response.status}.`,
  );
}

/**
 * Sends JSON to the bridge.
 *
 * @returns the answer's fields
 * @throws ApiError in words that can be shown
 */
export async function ask(
  method: 'POST' | 'PUT',
  path: string,
  body: unknown,
): Promise<Readonly<Record<string, unknown>>> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  } catch {
    throw new ApiError('The bridge does not answer. Start it again with: npm start');
  }
  return readAnswer(response);
}

/** An error in words that can be shown. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A number of an answer; 0 when it has none of that name. */
export function numberIn(answer: Readonly<Record<string, unknown>>, name: string): number {
  const value = answer[name];
  return typeof value === 'number' ? value : 0;
}

/** A text of an answer; empty when it has none of that name. */
export function textIn(answer: Readonly<Record<string, unknown>>, name: string): string {
  const value = answer[name];
  return typeof value === 'string' ? value : '';
}
