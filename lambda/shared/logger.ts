import { LogFormatter, Logger, LogItem } from '@aws-lambda-powertools/logger';
import type { LogAttributes, UnformattedAttributes } from '@aws-lambda-powertools/logger/types';
import type { Context } from 'aws-lambda';

import type { Log } from './log.ts';

/** A logger whose lines contain the ID of the current invocation. */
export interface InvocationLog extends Log {
  /** Sets the current invocation. Call it first in each invocation. */
  readonly addContext: (context: Context) => void;
}

/**
 * Omits the function's name, ARN, memory size and cold-start flag, which Powertools adds to every
 * line. The log group already names the function. CloudWatch charges per byte, and these fields
 * would be a third of them.
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

/**
 * Logger of Powertools. Its level is INFO, in Lambda that of `AWS_LAMBDA_LOG_LEVEL`. The name of the
 * function, `service`, is in every line.
 */
export function powertoolsLog(service: string): InvocationLog {
  return new Logger({ serviceName: service, logFormatter: new CompactFormatter() });
}
