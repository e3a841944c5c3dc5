import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';

/** Condition of an alarm, and the text of its description. */
export interface AlarmRule {
  /** ID of the construct, and in kebab case the anchor of its section in the runbook. */
  readonly id: string;
  readonly metric: IMetric;
  /** The alarm goes off at this value and above. @default 1 */
  readonly threshold?: number;
  /** Periods in a row. @default 1 */
  readonly periods?: number;
  /** The alarm goes off below the threshold, and when there is no data. @default false */
  readonly isSilence?: boolean;
  /**
   * The alarm has no state without data. Losing the data notifies; a new alarm that never had any
   * does not. @default false
   */
  readonly needsData?: boolean;
  /** Consequence for the people who wait for pages. */
  readonly impact: string;
  /** Reason for the threshold. */
  readonly reason: string;
}
