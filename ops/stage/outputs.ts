/** The stack outputs that the commands need, from CloudFormation or from the local bridge. */

import { API_OUTPUT, OPEN_INCIDENTS_OUTPUT, OUTPUTS, TICK_OUTPUT } from '../../config/outputs.ts';
import { OperatorError } from '../errors.ts';

/** Addresses of the parts of a stage. */
export interface StageOutputs {
  /** URL to post to, without the token and without a slash at the end. */
  readonly webhookUrl: string;
  readonly webhookTokenSecretArn: string;
  readonly integrationKeysSecretArn: string;
  readonly eventsQueueUrl: string;
  readonly deadLetterQueueUrl: string;
  /** Names of the log groups of the functions. */
  readonly ingestLogGroup: string;
  readonly deliveryLogGroup: string;
  /** Schedule group of the ticks; `undefined` for a stage of version 0.1.0, which has none. */
  readonly tickScheduleGroup?: string | undefined;
  /** Name of the table of open incidents; `undefined` for a stage that resolves none. */
  readonly openIncidentsTable?: string | undefined;
  /** ID of the HTTP API; `undefined` for a stage of version 0.1.0. */
  readonly apiId?: string | undefined;
  /** The topic that alarms go to; `undefined` on the local bridge of an earlier version. */
  readonly alarmTopicArn?: string | undefined;
}

/**
 * Picks the outputs that the commands need.
 *
 * @throws OperatorError when one is missing
 */
export function readOutputs(
  outputs: Readonly<Record<string, string | undefined>>,
  whose: string,
): StageOutputs {
  const read = (name: string): string => {
    const value = outputs[name];
    if (value === undefined || value === '') {
      throw new OperatorError(
        `${whose} has no output ${name}: it was made by another version of this project, or its deployment did not end well; deploy it again.`,
      );
    }
    return value;
  };
  return {
    webhookUrl: read(OUTPUTS.webhookUrl).replace(/\/+$/, ''),
    webhookTokenSecretArn: read(OUTPUTS.webhookTokenSecretArn),
    integrationKeysSecretArn: read(OUTPUTS.integrationKeysSecretArn),
    eventsQueueUrl: read(OUTPUTS.eventsQueueUrl),
    deadLetterQueueUrl: read(OUTPUTS.deadLetterQueueUrl),
    ingestLogGroup: read(OUTPUTS.ingestLogGroupName),
    deliveryLogGroup: read(OUTPUTS.deliveryLogGroupName),
    tickScheduleGroup: outputs[TICK_OUTPUT],
    openIncidentsTable: outputs[OPEN_INCIDENTS_OUTPUT],
    apiId: outputs[API_OUTPUT],
    alarmTopicArn: outputs[OUTPUTS.alarmTopicArn],
  };
}
