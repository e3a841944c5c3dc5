/** What AWS charges: every price that the cost report uses. Change a price here, and the date. */

/** When the prices were looked up. */
export const PRICES_OF = '2026-11-25';

/** Region that they are of. */
export const PRICED_REGION = 'us-east-1';

/** One price. Free tiers and volume discounts are left out. */
export interface Price {
  /** USD for `per` units. */
  readonly usd: number;
  readonly per: number;
  readonly unit: string;
  readonly source: string;
}

const LAMBDA = 'https://aws.amazon.com/lambda/pricing/';
const SQS = 'https://aws.amazon.com/sqs/pricing/';
const CLOUDWATCH = 'https://aws.amazon.com/cloudwatch/pricing/';
const SECRETS_MANAGER = 'https://aws.amazon.com/secrets-manager/pricing/';
const EVENTBRIDGE = 'https://aws.amazon.com/eventbridge/pricing/';

const MILLION = 1_000_000;
/** AWS counts gigabytes of 2^30 bytes. */
const GIGABYTE = 2 ** 30;

/** The prices by what they are of. */
export const PRICES = {
  /** Metered in steps of 512 KB; an event is far below one. */
  httpApiRequest: {
    usd: 1,
    per: MILLION,
    unit: 'request',
    source: 'https://aws.amazon.com/api-gateway/pricing/',
  },
  lambdaRequest: { usd: 0.2, per: MILLION, unit: 'invocation', source: LAMBDA },
  /** On arm64. */
  lambdaSecond: { usd: 0.000_013_333_4, per: 1, unit: 'GB-second', source: LAMBDA },
  /** A standard queue's, in steps of 64 KB. */
  queueRequest: { usd: 0.4, per: MILLION, unit: 'request', source: SQS },
  /** On top, when messages have a group: a fair queue. */
  fairQueueRequest: { usd: 0.1, per: MILLION, unit: 'request', source: SQS },
  secret: { usd: 0.4, per: 1, unit: 'secret-month', source: SECRETS_MANAGER },
  secretCall: { usd: 0.05, per: 10_000, unit: 'call', source: SECRETS_MANAGER },
  /** Of the standard class. */
  logIngestion: { usd: 0.5, per: GIGABYTE, unit: 'byte', source: CLOUDWATCH },
  customMetric: { usd: 0.3, per: 1, unit: 'metric-month', source: CLOUDWATCH },
  /** Of standard resolution; an alarm on an expression counts once for each metric in it. */
  alarmMetric: { usd: 0.1, per: 1, unit: 'metric-month', source: CLOUDWATCH },
  dashboard: { usd: 3, per: 1, unit: 'dashboard-month', source: CLOUDWATCH },
  trace: {
    usd: 5,
    per: MILLION,
    unit: 'trace recorded',
    source: 'https://aws.amazon.com/xray/pricing/',
  },
  customEvent: { usd: 1, per: MILLION, unit: 'event', source: EVENTBRIDGE },
  apiDestinationCall: { usd: 0.2, per: MILLION, unit: 'call', source: EVENTBRIDGE },
  /** A key of the stage's own, when it has one. */
  encryptionKey: {
    usd: 1,
    per: 1,
    unit: 'key-month',
    source: 'https://aws.amazon.com/kms/pricing/',
  },
  dataOut: {
    usd: 0.09,
    per: GIGABYTE,
    unit: 'byte to the internet',
    source: 'https://aws.amazon.com/ec2/pricing/on-demand/#Data_Transfer',
  },
} as const satisfies Readonly<Record<string, Price>>;

/** A price by the name of what it is of. */
export type PriceTable = Readonly<Record<keyof typeof PRICES, Price>>;
