/** What of an API Gateway request (payload format 2.0) ingest looks at. */
export interface WebhookRequest {
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  readonly pathParameters?: Readonly<Record<string, string | undefined>> | undefined;
  readonly body?: string | null | undefined;
  readonly isBase64Encoded?: boolean | undefined;
  readonly requestContext: {
    readonly requestId: string;
    /** API Gateway's own: the address that it saw, not one that a header claims. */
    readonly http?: { readonly sourceIp?: string | undefined } | undefined;
  };
}

/** The token of a request: from its path, else from `Authorization: Bearer`. */
export function tokenOf(request: WebhookRequest): string | undefined {
  const inPath = request.pathParameters?.['token'];
  if (inPath !== undefined && inPath !== '') return inPath;
  // Format 2.0 sends header names in lower case.
  return /^Bearer +(\S+) *$/i.exec(request.headers?.['authorization'] ?? '')?.[1];
}

/**
 * Largest event in bytes. A quarter of what SQS takes, so that a message fits whatever has to be
 * escaped in it.
 */
export const MAX_BODY_BYTES = 256 * 1024;

/** The body's text, or why there is none. */
export type BodyText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'not-utf-8' };

/** Decodes the body of a request. A byte order mark is dropped. */
export function bodyOf(request: WebhookRequest): BodyText {
  const { isBase64Encoded = false } = request;
  // Older payload formats and test events write `null` for a body that is not there.
  const body = request.body ?? '';
  // Before decoding: four characters of base64 are three bytes.
  if (body.length > MAX_BODY_BYTES * (isBase64Encoded ? 1.4 : 1)) return { kind: 'too-large' };
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > MAX_BODY_BYTES) return { kind: 'too-large' };
  // Half a surrogate pair cannot be written in UTF-8; Buffer would turn it into U+FFFD.
  if (!body.isWellFormed()) return { kind: 'not-utf-8' };
  try {
    return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { kind: 'not-utf-8' };
  }
}
