/** Fields of a log line. Never a token, never an integration key. */
export type LogFields = Readonly<Record<string, unknown>>;

/** What the functions need of a logger: one JSON line a call. */
export interface Log {
  readonly debug: (message: string, fields: LogFields) => void;
  readonly info: (message: string, fields: LogFields) => void;
  readonly warn: (message: string, fields: LogFields) => void;
  readonly error: (message: string, fields: LogFields) => void;
}

/** A failure as log fields: name and message, which the AWS SDK keeps free of what was sent. */
export function errorFields(error: unknown): LogFields {
  return error instanceof Error
    ? { error: { name: error.name, message: error.message } }
    : { error: { name: 'unknown', message: String(error) } };
}
