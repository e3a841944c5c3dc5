/** One HTTP request with a secret in it. */

/** An answer, without the secret. */
export interface HttpAnswer {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** The body of the answer; why there was none when the status is 0. */
  readonly text: string;
  /** The ID that API Gateway gave the request, if it did. */
  readonly requestId?: string | undefined;
}

/** Parts of a request. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Timeout of a request, milliseconds: an HTTP API of AWS answers within 30 s. */
const TIMEOUT = 31_000;

/** Why a request failed. The cause is more exact than `fetch failed`. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}

/**
 * Sends a request. Never rejects: a failure is an answer with the status 0. A redirect is not
 * followed, because that could send the secret to another host.
 *
 * @param secret is in the request, and is replaced in the answer
 */
export async function sendRequest(
  url: string,
  request: HttpRequest,
  secret: string,
): Promise<HttpAnswer> {
  const redacted = (text: string): string => text.replaceAll(secret, '[redacted]');
  try {
    const response = await fetch(url, {
      ...request,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT),
    });
    const requestId = response.headers.get('apigw-requestid') ?? undefined;
    return { status: response.status, text: redacted(await response.text()), requestId };
  } catch (error) {
    return { status: 0, text: redacted(reasonOf(error)) };
  }
}

/** Posts JSON; see {@link sendRequest}. */
export async function postJson(url: string, body: object, secret: string): Promise<HttpAnswer> {
  const headers = { 'content-type': 'application/json' };
  return sendRequest(url, { method: 'POST', headers, body: JSON.stringify(body) }, secret);
}
