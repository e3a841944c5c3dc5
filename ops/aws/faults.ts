/** Kinds of AWS failures. */

/** Errors of the SDK's credential chain, which never got as far as a call. */
const CREDENTIAL_ERRORS = /^(?:CredentialsProviderError|TokenProviderError|ProviderError)$/;

/** Errors that say "not now". They have a client's status code. */
const PASSING = /Throttl|TooManyRequests|RequestLimit|SlowDown|Timeout|KmsThrottled/i;

interface SdkError extends Error {
  readonly $fault?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

function isSdkError(error: unknown): error is SdkError {
  return error instanceof Error && '$metadata' in error;
}

/** HTTP status of an AWS answer, if there was one. */
export function statusOf(error: unknown): number | undefined {
  return isSdkError(error) ? error.$metadata?.httpStatusCode : undefined;
}

/**
 * Whether a failure will be the same next time: no permission, no credentials, no such queue. The
 * opposite are throttling, time-outs, broken connections and AWS's own faults.
 */
export function isHopeless(error: unknown): boolean {
  if (!(error instanceof Error)) return true;
  if (CREDENTIAL_ERRORS.test(error.name)) return true;
  const status = statusOf(error);
  return status !== undefined && status >= 400 && status < 500 && !PASSING.test(error.name);
}
