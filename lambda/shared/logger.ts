import { LogFormatter, Logger, LogItem } from '@aws-lambda-powertools/logger';
import type { LogAttributes, UnformattedAttributes } from '@aws-lambda-powertools/logger/types';
import type { Context } from 'aws-lambda';

import type { Log } from './log.ts';

/** A log whose lines carry the current invocation's ID. */
export interface InvocationLog extends Log {
  /** Takes note of the invocation that begins. */
  readonly addContext: (context: Context) => void;
}

/**
 * Leaves out what Powertools says of the function in every line: its name and ARN, which the log
 * group tells, its memory, and whether it has just started. CloudWatch charges by the byte, and they
 * would be a third of it.
 */
class CompactFormatter extends LogFormatter {
  override formatAttributes(attributes: UnformattedAttributes, own: LogAttributes): LogItem {
    return new LogItem({
      attributes: {
        level: attributes.logLevel,
        message: attributes.message,
        timestamp: this.formatTimestamp(attributes.timestamp),
        service: attributes.serviceName,
        function_request_id: attributes.lambdaContext?.awsRequestId,
      },
    }).addAttributes(own);
  }
}

/** Writes JSON lines by Powertools; `POWERTOOLS_LOG_LEVEL` sets the level. */
export function powertoolsLog(service: string): InvocationLog {
  const logger = new Logger({ serviceName: service, logFormatter: new CompactFormatter() });
  return {
    addContext: (context) => logger.addContext(context),
    debug: (message, fields) => logger.debug(message, fields),
    info: (message, fields) => logger.info(message, fields),
    warn: (message, fields) => logger.warn(message, fields),
    error: (message, fields) => logger.error(message, fields),
  };
}
