import type { StageConfig } from './stage.ts';

/** ID of the warning about such a stage, to acknowledge it. */
export const NO_RECEIVER_WARNING = 'glasnostic-pagerduty:no-alarm-receiver';

/** What to do about a stage whose alarms have no receiver. */
export const NO_RECEIVER =
  'The alarms of this stage have no receiver. Add alarmEmails or alarms.topicArn to the stage, or subscribe PagerDuty after the deployment with: ./bridge alarms page';

/**
 * True if the stage names a receiver of its alarms. A subscription of PagerDuty is no setting of a
 * stage, so only the topic in AWS shows it.
 */
export function hasReceiver({ alarmEmails, alarms }: StageConfig): boolean {
  return alarmEmails.length > 0 || alarms.topicArn !== undefined;
}
