import type { Log, LogFields } from '../../lambda/shared/log.ts';

/** One line of a {@link RecordingLog}. */
export interface LogLine extends LogFields {
  readonly level: string;
  readonly message: string;
}

/** A log that keeps its lines. */
export interface RecordingLog extends Log {
  readonly lines: LogLine[];
  /** All lines as one text, to search for what must not be logged. */
  readonly text: () => string;
}

/** Names of fields that Powertools drops, with a warning in a second line. */
const RESERVED = ['level', 'message', 'timestamp', 'service', 'sampling_rate'];

/** Creates a log that keeps its lines. It throws where Powertools would drop a field. */
export function recordingLog(): RecordingLog {
  const lines: LogLine[] = [];
  const at =
    (level: string) =>
    (message: string, fields: LogFields): void => {
      const dropped = RESERVED.filter((name) => Object.hasOwn(fields, name));
      if (dropped.length > 0) throw new Error(`Reserved by Powertools: ${dropped.join(', ')}`);
      lines.push({ ...fields, level, message });
    };
  return {
    lines,
    text: () => JSON.stringify(lines),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  };
}
