/**
 * Fields of a log line. Never a token, never an integration key, and none named `level`, `message`,
 * `timestamp`, `service` or `sampling_rate`: Powertools drops those and complains in a second line.
 */
export type LogFields = Readonly<Record<string, unknown>>;

/** What the functions need of a logger: one JSON line a call. */
export interface Log {
  readonly debug: (message: string, fields: LogFields) => void;
  readonly info: (message: string, fields: LogFields) => void;
  readonly warn: (message: string, fields: LogFields) => void;
  readonly error: (message: string, fields: LogFields) => void;
}

/** The same log, with some fields in every line. */
export function withFields(log: Log, tags: LogFields): Log {
  return {
    debug: (message, fields) => log.debug(message, { ...tags, ...fields }),
    info: (message, fields) => log.info(message, { ...tags, ...fields }),
    warn: (message, fields) => log.warn(message, { ...tags, ...fields }),
    error: (message, fields) => log.error(message, { ...tags, ...fields }),
  };
}

/** A failure as log fields: name and message, which the AWS SDK keeps free of what was sent. */
export function errorFields(error: unknown): LogFields {
  return error instanceof Error
    ? { error: { name: error.name, message: error.message } }
    : { error: { name: 'unknown', message: String(error) } };
}
