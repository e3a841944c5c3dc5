import type { Log, LogFields } from '../../lambda/shared/log.ts';

/** One line of a {@link RecordingLog}. */
export interface LogLine extends LogFields {
  readonly level: string;
  readonly message: string;
}

/** A log that keeps its lines. */
export interface RecordingLog extends Log {
  readonly lines: LogLine[];
  /** All that was logged, as one text to search for what must not be there. */
  readonly text: () => string;
}

/** Makes a log that keeps its lines. */
export function recordingLog(): RecordingLog {
  const lines: LogLine[] = [];
  const at =
    (level: string) =>
    (message: string, fields: LogFields): void => {
      lines.push({ ...fields, level, message });
    };
  return {
    lines,
    text: () => JSON.stringify(lines),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  };
}
