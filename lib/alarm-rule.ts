import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';

/** Condition of an alarm, and the text of its description. */
export interface AlarmRule {
  /** ID of the construct, and in kebab case the anchor of its section in the runbook. */
  readonly id: string;
  readonly metric: IMetric;
  /** The alarm goes off at this value and above. @default 1 */
  readonly threshold?: number;
  /** Periods that are looked at. @default 1 */
  readonly periods?: number;
  /** Periods of these that must be at the threshold. @default all */
  readonly periodsToAlarm?: number;
  /** The alarm goes off below the threshold. @default false */
  readonly isSilence?: boolean;
  /**
   * What a period without data means:
   *
   * - `good`: nothing happened. Most metrics of the bridge have no data then.
   * - `bad`: the data should be there.
   * - `unknown`: nothing is known, so the alarm keeps its state.
   * - `lost`: the alarm has no state without data. Losing the data notifies; a new alarm that never
   *   had any does not.
   *
   * @default good, or bad for a silence
   */
  readonly withoutData?: 'good' | 'bad' | 'unknown' | 'lost';
  /**
   * The first command for the person on call, without `./bridge`. The section of the runbook begins
   * with it too.
   *
   * @default status
   */
  readonly command?: string;
  /** Consequence for the people who wait for pages. */
  readonly impact: string;
  /** Reason for the threshold. */
  readonly reason: string;
}
