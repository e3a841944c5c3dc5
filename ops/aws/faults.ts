/** Kinds of AWS failures. */

/** Errors of the SDK's credential chain, before any call. */
const CREDENTIAL_ERRORS = /^(?:CredentialsProviderError|TokenProviderError|ProviderError)$/;

/** Errors with a 4xx status that pass by themselves. */
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
 * Whether a retry will fail in the same way: no permission, no credentials, no such queue. Throttling,
 * timeouts, broken connections and AWS's own faults are worth a retry.
 */
export function isHopeless(error: unknown): boolean {
  if (!(error instanceof Error)) return true;
  if (CREDENTIAL_ERRORS.test(error.name)) return true;
  const status = statusOf(error);
  return status !== undefined && status >= 400 && status < 500 && !PASSING.test(error.name);
}
