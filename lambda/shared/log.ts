/**
 * Fields of a log line. They never contain a token or an integration key. The names `level`,
 * `message`, `timestamp`, `service` and `sampling_rate` are reserved: Powertools drops such a field
 * and logs a warning.
 */
export type LogFields = Readonly<Record<string, unknown>>;

/** A logger that writes one JSON line per call. */
export interface Log {
  readonly info: (message: string, fields: LogFields) => void;
  readonly warn: (message: string, fields: LogFields) => void;
  readonly error: (message: string, fields: LogFields) => void;
}

/** A logger that adds the same fields to every line. */
export function withFields(log: Log, common: LogFields): Log {
  return {
    info: (message, fields) => log.info(message, { ...common, ...fields }),
    warn: (message, fields) => log.warn(message, { ...common, ...fields }),
    error: (message, fields) => log.error(message, { ...common, ...fields }),
  };
}

/** Log fields of an error. Messages of the AWS SDK contain no data of the request. */
export function errorFields(error: unknown): LogFields {
  return error instanceof Error
    ? { error: { name: error.name, message: error.message } }
    : { error: { name: 'unknown', message: String(error) } };
}

/** Name and message of an error in this bridge. */
export function describeError(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : 'unknown failure';
}
