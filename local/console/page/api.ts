/** Requests to the bridge's API. */

/**
 * Sends JSON to the bridge.
 *
 * @returns the answer. The bridge that served this page wrote it, so its type is not checked here.
 * @throws Error with a message that can be shown
 */
export async function ask<Answer>(
  method: 'POST' | 'PUT',
  path: string,
  body: unknown,
): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Error('The bridge does not answer. Start it again with: npm start');
  }
  if (response.ok) return response.json();
  const problem: { readonly detail?: string } = await response.json().catch(() => ({}));
  throw new Error(problem.detail ?? `The bridge answered ${response.status}.`);
}

/** The message of an error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
