/** What of a stack costs money, read from its template. */

import { objectOr, type StackTemplate } from '../../local/stack/template.ts';
import type { FunctionModel } from '../../local/stack/model.ts';
import { accessLogBytes, platformBytes } from './log-lines.ts';
import type { Standing } from './model.ts';

/** Hours of a month, as AWS counts them. */
const HOURS_PER_MONTH = 730;
/**
 * Lambda polls a queue over five connections however quiet it is, each for SQS's longest poll, 20 s.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
const POLLERS = 5;
const POLL_SECONDS = 20;

/** Seconds of a month. */
export const SECONDS_PER_MONTH = HOURS_PER_MONTH * 3600;

function propertiesOf(template: StackTemplate, type: string) {
  return template.resources.filter((one) => one.type === type).map(({ properties }) => properties);
}

/** An alarm on one metric names it; one on an expression lists the metrics beside the expressions. */
function metricsOf(alarm: Readonly<Record<string, unknown>>): number {
  const metrics = alarm['Metrics'];
  if (!Array.isArray(metrics)) return 1;
  return metrics.filter((metric) => objectOr(metric)['MetricStat'] !== undefined).length;
}

/** What the stack costs while nothing happens. No metric of its own gets a value then. */
export function standingOf(template: StackTemplate): Standing {
  const count = (type: string): number => propertiesOf(template, type).length;
  const mappings = count('AWS::Lambda::EventSourceMapping');
  return {
    secrets: count('AWS::SecretsManager::Secret'),
    alarmMetrics: propertiesOf(template, 'AWS::CloudWatch::Alarm')
      .map(metricsOf)
      .reduce((sum, metrics) => sum + metrics, 0),
    dashboards: count('AWS::CloudWatch::Dashboard'),
    customMetrics: 0,
    encryptionKeys: count('AWS::KMS::Key'),
    emptyReceives: (mappings * POLLERS * SECONDS_PER_MONTH) / POLL_SECONDS,
  };
}

function functionProperties(template: StackTemplate, { logicalId }: FunctionModel) {
  return template.resources.find((one) => one.logicalId === logicalId)?.properties ?? {};
}

/** Whether X-Ray traces a function. */
export function isTraced(template: StackTemplate, fn: FunctionModel): boolean {
  return objectOr(functionProperties(template, fn)['TracingConfig'])['Mode'] === 'Active';
}

/** Bytes that Lambda logs about one invocation of a function. */
export function platformBytesOf(template: StackTemplate, fn: FunctionModel): number {
  const { SystemLogLevel: level } = objectOr(functionProperties(template, fn)['LoggingConfig']);
  return platformBytes({
    arn: fn.arn,
    memoryMB: fn.memoryMB,
    systemLogLevel: typeof level === 'string' ? level : 'INFO',
    isTraced: isTraced(template, fn),
  });
}

/** Bytes that API Gateway logs about one request; 0 without an access log. */
export function accessLogBytesOf(template: StackTemplate): number {
  const [stage] = propertiesOf(template, 'AWS::ApiGatewayV2::Stage');
  const { Format: format } = objectOr(stage?.['AccessLogSettings']);
  return typeof format === 'string' ? accessLogBytes(format) : 0;
}
