import * as v from 'valibot';
import type { AlarmMetric, AlarmModel } from './alarms.ts';

const statistic = v.picklist(['Sum', 'Maximum']);

const propertiesSchema = v.object({
  EvaluationPeriods: v.number(),
  DatapointsToAlarm: v.optional(v.number()),
  Threshold: v.number(),
  TreatMissingData: v.picklist(['notBreaching', 'breaching', 'ignore', 'missing']),
  ComparisonOperator: v.literal('GreaterThanOrEqualToThreshold'),
  MetricName: v.optional(v.string()),
  Statistic: v.optional(statistic),
  Period: v.optional(v.number()),
  Metrics: v.optional(
    v.array(
      v.object({
        Id: v.string(),
        Expression: v.optional(v.string()),
        MetricStat: v.optional(
          v.object({
            Metric: v.object({ MetricName: v.string() }),
            Period: v.number(),
            Stat: statistic,
          }),
        ),
      }),
    ),
  ),
});

/**
 * Reads an alarm from its template.
 *
 * @param properties of a resource of the type AWS::CloudWatch::Alarm
 * @throws when the model does not know a property
 */
export function alarmFromTemplate(properties: unknown): AlarmModel {
  const alarm = v.parse(propertiesSchema, properties);
  const { MetricName: name, Statistic: stat, Period: seconds } = alarm;
  const stats = (alarm.Metrics ?? []).flatMap(({ Id: id, MetricStat: one }) =>
    one === undefined
      ? []
      : [{ id, seconds: one.Period, name: one.Metric.MetricName, stat: one.Stat }],
  );
  const all =
    name === undefined || stat === undefined || seconds === undefined
      ? stats
      : [{ id: 'only', seconds, name, stat }];
  const [first] = all;
  if (first === undefined) throw new Error('The alarm has no metric.');
  return {
    metrics: new Map<string, AlarmMetric>(
      all.map((one) => [one.id, { name: one.name, statistic: one.stat }]),
    ),
    expression: alarm.Metrics?.find(({ Expression }) => Expression !== undefined)?.Expression,
    period: first.seconds * 1000,
    periods: alarm.EvaluationPeriods,
    periodsToAlarm: alarm.DatapointsToAlarm ?? alarm.EvaluationPeriods,
    threshold: alarm.Threshold,
    missingData: alarm.TreatMissingData,
  };
}
