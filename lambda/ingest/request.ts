/**
 * The parts of an API Gateway request (payload format 2.0) that ingest reads.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export interface WebhookRequest {
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  readonly pathParameters?: Readonly<Record<string, string | undefined>> | undefined;
  readonly body?: string | null | undefined;
  readonly isBase64Encoded?: boolean | undefined;
  readonly requestContext: {
    readonly requestId: string;
    /** The sender's address as API Gateway saw it, not as a header claims it. */
    readonly http?: { readonly sourceIp?: string | undefined } | undefined;
  };
}

/** The token of a request: from its path, else from its header `Authorization: Bearer`. */
export function tokenOf(request: WebhookRequest): string | undefined {
  const inPath = request.pathParameters?.['token'];
  if (inPath !== undefined && inPath !== '') return inPath;
  // Payload format 2.0 has header names in lower case.
  return /^Bearer +(\S+) *$/i.exec(request.headers?.['authorization'] ?? '')?.[1];
}

/**
 * Largest event, bytes. SQS takes 1 MiB per message, which leaves room for escapes.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
 */
export const MAX_BODY_BYTES = 256 * 1024;

/** Text of a body, or the reason why it cannot be decoded. */
export type BodyText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'not-utf-8' };

/** Characters of a body that {@link bodyStart} reads, a multiple of four. A log line has fewer. */
const START_LENGTH = 64 * 1024;

/** The beginning of a body. */
export interface BodyStart {
  /** What is not UTF-8 is U+FFFD. */
  readonly text: string;
  /** False if there is more. */
  readonly isWhole: boolean;
}

/** The beginning of a body that {@link bodyOf} cannot decode. */
export function bodyStart({ body, isBase64Encoded = false }: WebhookRequest): BodyStart {
  const start = (body ?? '').slice(0, START_LENGTH);
  const text = Buffer.from(start, isBase64Encoded ? 'base64' : 'utf8').toString('utf8');
  return { text, isWhole: start === (body ?? '') };
}

/** Decodes the body of a request. It removes a byte order mark. */
export function bodyOf(request: WebhookRequest): BodyText {
  const { isBase64Encoded = false } = request;
  // Test events and payload format 1.0 have `null` instead of a missing body.
  const body = request.body ?? '';
  // A longer body is too large in any case, and is not decoded. Base64 needs four characters for
  // three bytes; 1.4 leaves room for padding.
  if (body.length > MAX_BODY_BYTES * (isBase64Encoded ? 1.4 : 1)) return { kind: 'too-large' };
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > MAX_BODY_BYTES) return { kind: 'too-large' };
  // A lone surrogate is not valid UTF-8, but `Buffer` has replaced it with U+FFFD without an error.
  if (!body.isWellFormed()) return { kind: 'not-utf-8' };
  try {
    return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { kind: 'not-utf-8' };
  }
}
