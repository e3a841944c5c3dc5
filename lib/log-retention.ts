import { RetentionDays } from 'aws-cdk-lib/aws-logs';

/**
 * CDK's name for a number of days.
 *
 * @throws Error when CloudWatch does not offer that number
 */
export function logRetention(days: number): RetentionDays {
  const found = Object.values(RetentionDays)
    .filter((value) => typeof value === 'number')
    .find((value: number) => value === days);
  if (found === undefined) {
    throw new Error(`CloudWatch cannot keep a log for ${days} days; see logs.retentionDays.`);
  }
  return found;
}
