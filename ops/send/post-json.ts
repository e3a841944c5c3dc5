/** One HTTP request with a secret in it. */

/** An answer, without the secret. */
export interface HttpAnswer {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** The body of the answer; why there was none when the status is 0. */
  readonly text: string;
}

/** Timeout of a request, milliseconds: an HTTP API of AWS answers within 30 s. */
const TIMEOUT = 31_000;

/** Why a request failed. The cause is more exact than `fetch failed`. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}

/**
 * Posts JSON. Never rejects: a failure is an answer with the status 0. A redirect is not followed,
 * because that could send the secret to another host.
 *
 * @param secret is in the URL or in the body, and is replaced in the answer
 */
export async function postJson(url: string, body: object, secret: string): Promise<HttpAnswer> {
  const redacted = (text: string): string => text.replaceAll(secret, '[redacted]');
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT),
    });
    return { status: response.status, text: redacted(await response.text()) };
  } catch (error) {
    return { status: 0, text: redacted(reasonOf(error)) };
  }
}
