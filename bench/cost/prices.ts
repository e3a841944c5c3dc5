/** Prices of AWS, and the bill of what was used. */

/** Day on which the prices were looked up. Change it with a price. */
export const PRICES_OF = '2026-11-25';
export const REGION = 'us-east-1';

export const MILLION = 1_000_000;
/** AWS counts gigabytes of 2^30 bytes. */
const GIGABYTE = 2 ** 30;

const LAMBDA = 'https://aws.amazon.com/lambda/pricing/';
const SQS = 'https://aws.amazon.com/sqs/pricing/';
const EVENTBRIDGE = 'https://aws.amazon.com/eventbridge/pricing/';
const DYNAMODB = 'https://aws.amazon.com/dynamodb/pricing/on-demand/';
const CLOUDWATCH = 'https://aws.amazon.com/cloudwatch/pricing/';
const SECRETS_MANAGER = 'https://aws.amazon.com/secrets-manager/pricing/';
const API_GATEWAY = 'https://aws.amazon.com/api-gateway/pricing/';
const KMS = 'https://aws.amazon.com/kms/pricing/';
const TRANSFER = 'https://aws.amazon.com/ec2/pricing/on-demand/#Data_Transfer';

/** USD for `per` units of an item, without free tiers and volume discounts, in the report's order. */
const PRICES = [
  // Metered in steps of 512 KB. An event is smaller than one step.
  { item: 'apiRequests', service: 'API Gateway', usd: 1, per: MILLION, source: API_GATEWAY },
  { item: 'invocations', service: 'Lambda', usd: 0.2, per: MILLION, source: LAMBDA },
  // On arm64.
  { item: 'gigabyteSeconds', service: 'Lambda', usd: 0.000_013_333_4, per: 1, source: LAMBDA },
  // Of a standard queue, in steps of 64 KB.
  { item: 'queueRequests', service: 'SQS', usd: 0.4, per: MILLION, source: SQS },
  // In addition, when the messages have a group.
  { item: 'fairQueueRequests', service: 'SQS', usd: 0.1, per: MILLION, source: SQS },
  { item: 'busEvents', service: 'EventBridge', usd: 1, per: MILLION, source: EVENTBRIDGE },
  { item: 'destinationCalls', service: 'EventBridge', usd: 0.2, per: MILLION, source: EVENTBRIDGE },
  // Of EventBridge Scheduler.
  { item: 'scheduled', service: 'EventBridge', usd: 1, per: MILLION, source: EVENTBRIDGE },
  // Request units of a table on demand; a consistent read of up to 4 KB is one.
  { item: 'tableReads', service: 'DynamoDB', usd: 0.125, per: MILLION, source: DYNAMODB },
  // A write of up to 1 KB is one, also when its condition does not hold.
  { item: 'tableWrites', service: 'DynamoDB', usd: 0.625, per: MILLION, source: DYNAMODB },
  // Of the standard log class.
  { item: 'logBytes', service: 'CloudWatch', usd: 0.5, per: GIGABYTE, source: CLOUDWATCH },
  { item: 'customMetrics', service: 'CloudWatch', usd: 0.3, per: 1, source: CLOUDWATCH },
  // Of standard resolution. An alarm on an expression counts once per metric in it.
  { item: 'alarmMetrics', service: 'CloudWatch', usd: 0.1, per: 1, source: CLOUDWATCH },
  { item: 'dashboards', service: 'CloudWatch', usd: 3, per: 1, source: CLOUDWATCH },
  { item: 'secrets', service: 'Secrets Manager', usd: 0.4, per: 1, source: SECRETS_MANAGER },
  { item: 'secretReads', service: 'Secrets Manager', usd: 0.05, per: 1e4, source: SECRETS_MANAGER },
  { item: 'encryptionKeys', service: 'KMS', usd: 1, per: 1, source: KMS },
  { item: 'bytesOut', service: 'data transfer', usd: 0.09, per: GIGABYTE, source: TRANSFER },
] as const;

/** Services that a bill lists, in this order. */
export const SERVICES: ReadonlySet<string> = new Set(PRICES.map(({ service }) => service));

/** Quantities of priced items; resources count per month. */
export type Usage = Readonly<Partial<Record<(typeof PRICES)[number]['item'], number>>>;

/** USD per service; without the services that cost nothing. */
export type Bill = ReadonlyMap<string, number>;

/** The bill of several usages, each multiplied by a factor. */
export function billOf(...parts: readonly (readonly [usage: Usage, factor: number])[]): Bill {
  const bill = new Map<string, number>();
  for (const { item, service, usd, per } of PRICES) {
    const quantity = parts.reduce((sum, [usage, factor]) => sum + factor * (usage[item] ?? 0), 0);
    if (quantity > 0) bill.set(service, (bill.get(service) ?? 0) + (quantity * usd) / per);
  }
  return bill;
}

/** USD. */
export function totalOf(bill: Bill): number {
  return [...bill.values()].reduce((sum, usd) => sum + usd, 0);
}

/** The three largest services of a bill, the largest first. */
export function dominant(bill: Bill): string {
  return [...bill]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, 3)
    .map(([service, usd]) => `${service} ${Math.round((100 * usd) / totalOf(bill))} %`)
    .join(', ');
}
