import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';

import type { Log } from './log.ts';

/** A log whose lines carry the function's name and the current invocation's ID. */
export interface InvocationLog extends Log {
  /** Takes note of the invocation that begins. */
  readonly begin: (context: Context) => void;
}

/** Writes JSON lines by Powertools; `POWERTOOLS_LOG_LEVEL` sets the level. */
export function powertoolsLog(service: string, stage: string): InvocationLog {
  const logger = new Logger({ serviceName: service, persistentKeys: { stage } });
  return {
    begin: (context) => logger.addContext(context),
    debug: (message, fields) => logger.debug(message, fields),
    info: (message, fields) => logger.info(message, fields),
    warn: (message, fields) => logger.warn(message, fields),
    error: (message, fields) => logger.error(message, fields),
  };
}
