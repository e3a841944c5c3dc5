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
  const headers = { 'content-type': 'application/json' };
  return answerTo(path, { method, headers, body: JSON.stringify(body) });
}

/** Reads JSON from the bridge; otherwise as {@link ask}. */
export async function get<Answer>(path: string): Promise<Answer> {
  return answerTo(path, {});
}

async function answerTo<Answer>(path: string, init: RequestInit): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(path, init);
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
