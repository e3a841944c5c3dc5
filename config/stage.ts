/**
 * A stage: one deployment of the bridge, as data. {@link StageInput} is what you write in
 * `config/`. {@link StageConfig} is what the stack reads: `defineStage` has checked every value and
 * applied every default.
 */

import * as v from 'valibot';
import { Delivery } from './delivery.ts';
import { choice, fields, flag, integer, integerOr, list, matching, text, valid } from './fields.ts';
import { isNetwork } from './networks.ts';
import { platformFields } from './platform.ts';
import { Routes } from './routes.ts';
import { SeveritySchema } from './severity.ts';

/** Base URL of the Events API by region. https://support.pagerduty.com/main/docs/service-regions */
export const PAGERDUTY_URLS = {
  us: 'https://events.pagerduty.com',
  eu: 'https://events.eu.pagerduty.com',
} as const;

/**
 * Days that CloudWatch Logs can keep a log.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
 */
const LOG_RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
] as const;

/** Networks that fit into an environment variable of the ingest function, with room to spare. */
const MAX_NETWORKS = 50;

/** Hosts that may be called without TLS: nothing leaves this machine. */
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** The key of a stage encrypts nothing new, and what it has encrypted can be read. */
export const DECRYPT_ONLY = 'decrypt-only';

const CONSOLE_URL = 'https://app.glasnostic.com';

function isBaseUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(value);
  const isSafe = protocol === 'https:' || (protocol === 'http:' && LOOPBACK.includes(hostname));
  return isSafe && `${username}${password}${search}${hash}` === '';
}

/** A base URL, without a slash at the end. */
function baseUrl(example: string): v.GenericSchema<string> {
  return v.pipe(
    text(
      isBaseUrl,
      `write an https:// base URL without user, query or fragment, such as ${example}`,
    ),
    v.transform((url) => new URL(url).href.replace(/\/+$/, '')),
  );
}

/** API Gateway answers 429 above this. Best effort, not a guarantee. */
const Throttle = fields({
  /**
   * Sustained requests per second. Far above any storm, because a throttled event is lost.
   * Live: safe.
   * @default 1000
   */
  ratePerSecond: integerOr(
    1000,
    [1, 10_000],
    'API Gateway gives an account 10,000 requests per second',
  ),
  /** Requests in a burst. Live: safe. @default 2000 */
  burst: integerOr(2000, [1, 5000], 'API Gateway gives an account a burst of 5,000 requests'),
});

const memoryMB = integerOr(
  512,
  [256, 10_240],
  'a function takes up to 200 MB under a storm, and Lambda gives 10,240 at most',
);

/** Size of the ingest function. */
const IngestFunction = fields({
  /** Memory in MB; the CPU share grows with it. Live: safe. @default 512 */
  memoryMB,
  /** Timeout in seconds. The HTTP API itself gives up after 30. Live: safe. @default 10 */
  timeoutSeconds: integerOr(10, [1, 29], 'an HTTP API stops waiting after 30 seconds'),
  /**
   * Reserved concurrency, which is also its maximum: other functions of the account keep theirs in
   * a flood of requests. The concurrency limit of the account must allow it; a new account has 10.
   * Live: needs steps.
   * @default none: the throttle of the API is the limit
   */
  reservedConcurrency: v.exactOptional(
    integer([1, 1000], 'an account has a concurrency of 1,000 unless AWS raised it'),
  ),
});

/** Size of the delivery function and of its batches. */
const DeliveryFunction = v.pipe(
  fields({
    /** Memory in MB; the CPU share grows with it. Live: safe. @default 512 */
    memoryMB,
    /**
     * Timeout in seconds. The events queue's visibility timeout is six times this.
     * Live: safe.
     * @default 60
     */
    timeoutSeconds: integerOr(60, [5, 900], 'Lambda stops a function after 900 seconds'),
    /** Most messages in one batch. More than 10 need a window. Live: safe. @default 10 */
    batchSize: integerOr(10, [1, 10_000], "these are the bounds of Lambda's batches from SQS"),
    /**
     * Longest time to gather a batch, in seconds. With any window, the only event in a quiet queue
     * may wait for up to 20 seconds.
     * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
     * Live: safe.
     * @default 0
     */
    batchWindowSeconds: integerOr(0, [0, 300], "these are the bounds of Lambda's batching window"),
    /**
     * Reserved concurrency: other functions of the account cannot take the instances of delivery.
     * At least `delivery.maxConcurrentBatches`. The concurrency limit of the account must allow it: a
     * new account has 10 and can reserve nothing.
     * Live: needs steps.
     * @default none: delivery shares the concurrency of the account
     */
    reservedConcurrency: v.exactOptional(
      integer([2, 1000], 'an account has a concurrency of 1,000 unless AWS raised it'),
    ),
  }),
  v.forward(
    v.partialCheck(
      [['batchSize'], ['batchWindowSeconds']],
      ({ batchSize, batchWindowSeconds }) => batchSize <= 10 || batchWindowSeconds >= 1,
      ({ input: { batchSize } }) =>
        `0 allows batches of 10 at most; use at least 1 with batchSize ${batchSize}`,
    ),
    ['batchWindowSeconds'],
  ),
);

/** A domain name of your own for the webhook URL. The URL then stays the same with a new API. */
const CustomDomainSchema = fields({
  /** Fully qualified domain name, such as `alerts.example.com`. Live: needs steps. */
  name: matching(
    /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
    'write a fully qualified domain name in lower case, such as alerts.example.com',
  ),
  /** ARN of an ACM certificate for that name, in the region of the stage. Live: safe. */
  certificateArn: matching(
    /^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[\w-]+$/,
    'write the ARN of an ACM certificate, which ends with acm:eu-west-1:123456789012:certificate/…',
  ),
  /**
   * Disables the URL that API Gateway generated, so that only this name is left. Set it after
   * Glasnostic posts to the new name: the old URL stops at once.
   * Live: needs steps.
   * @default false: both work
   */
  disableGeneratedUrl: v.exactOptional(flag, false),
});

const Alarms = fields({
  /** Most seconds between accepting an event and notifying PagerDuty. Live: safe. @default 300 */
  deliveryDelaySeconds: integerOr(300, [10, 86_400], 'a page that is a day late is no page'),
  /** Requests with a missing or wrong token in five minutes. Live: safe. @default 100 */
  unauthorizedPerFiveMinutes: integerOr(
    100,
    [1, 1_000_000],
    'the alarm has to go off at some number',
  ),
  /** Hours without an event after which the alarm goes off. Live: safe. @default 0: never */
  silenceHours: integerOr(
    0,
    [0, 24],
    '0 switches the alarm off, and CloudWatch looks back one day',
  ),
  /**
   * Address of the runbook where your operators can open it; alarms append the section.
   * Live: safe.
   * @default none: alarms name the file docs/runbook.md, and link to the alarms of the stage in the
   * CloudWatch console
   */
  runbookUrl: v.exactOptional(
    matching(
      /^https?:\/\/[^\s#?]+$/,
      'write an address that begins with https:// and has no blanks, query or fragment; alarms append the section',
    ),
  ),
  /**
   * ARN of an SNS topic of yours that alarms go to, in the region of the stage. Its policy must let
   * cloudwatch.amazonaws.com publish.
   * Live: safe.
   * @default none
   */
  topicArn: v.exactOptional(
    matching(
      /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/,
      'write the ARN of a standard SNS topic, which ends with sns:eu-west-1:123456789012:on-call',
    ),
  ),
});

/** Schema of a stage; `defineStage` adds the rules between its fields. */
export const Stage = fields({
  /** Lower-case letters, digits and hyphens; part of the stack's name. Live: replaces the stack. */
  name: matching(
    /^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/,
    'a name is 1 to 40 lower-case letters, digits and hyphens, begins with a letter and does not end with a hyphen',
  ),
  /** AWS account, 12 digits. Live: replaces the stack. @default the caller's */
  account: v.exactOptional(matching(/^\d{12}$/, 'an account is a string of 12 digits')),
  /** AWS region. Live: replaces the stack. @default the caller's */
  region: v.exactOptional(matching(/^[a-z]+(?:-[a-z]+)+-\d+$/, 'a region looks like eu-west-1')),
  /**
   * PagerDuty's service region.
   * Live: needs steps.
   * @default 'us', unless the stage has a `pagerDutyUrl`
   */
  pagerDutyRegion: v.exactOptional(choice(['us', 'eu'])),
  /**
   * Base URL of an Events API, instead of a region: a proxy, an egress gateway, a test. The bridge
   * appends `/v2/enqueue`.
   * Live: needs steps.
   */
  pagerDutyUrl: v.exactOptional(baseUrl(PAGERDUTY_URLS.us)),
  /**
   * Base URL of the Glasnostic console, for deep links.
   * Live: safe.
   * @default 'https://app.glasnostic.com'
   */
  consoleUrl: v.exactOptional(baseUrl(CONSOLE_URL), CONSOLE_URL),
  /** Which event goes to which PagerDuty service. The first match wins. Live: needs steps. */
  routes: Routes,
  /** Severity of the routes that set none. Live: safe. @default 'warning' */
  severity: v.exactOptional(SeveritySchema),
  /** E-mail addresses that alarms go to. Live: safe. @default [] */
  alarmEmails: v.exactOptional(
    list(
      valid<string>(
        (value) => typeof value === 'string' && /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value),
        'is not an e-mail address',
      ),
    ),
    [],
  ),
  /**
   * What API Gateway lets through before it answers 429. Best effort, not a guarantee.
   * Live: safe.
   */
  throttle: v.exactOptional(Throttle, {}),
  /** Size of the ingest function. */
  ingestFunction: v.exactOptional(IngestFunction, {}),
  /** Size of the delivery function and of its batches. */
  deliveryFunction: v.exactOptional(DeliveryFunction, {}),
  /** Rate limit, timeouts and waits of delivery. Live: safe. */
  delivery: v.exactOptional(Delivery, {}),
  /** How long both queues keep a message. */
  queue: v.exactOptional(
    fields({
      /** Days. Live: needs steps. @default 14 */
      retentionDays: integerOr(14, [1, 14], 'SQS keeps a message for 14 days at most'),
    }),
    {},
  ),
  /** The functions' logs and the access log. */
  logs: v.exactOptional(
    fields({
      /** Days; one of the values that CloudWatch offers. Live: safe. @default 30 */
      retentionDays: v.exactOptional(choice(LOG_RETENTION_DAYS), 30),
    }),
    {},
  ),
  /** A domain name of your own for the webhook URL. @default none: the URL of API Gateway */
  customDomain: v.exactOptional(CustomDomainSchema),
  /** When alarms go off. */
  alarms: v.exactOptional(Alarms, {}),
  /**
   * Traces the functions with X-Ray. A recorded trace costs five times as much as an API request.
   * https://aws.amazon.com/xray/pricing/
   * Live: safe.
   * @default false
   */
  tracing: v.exactOptional(flag, false),
  /** Creates a dashboard, which costs USD 3.00 per month. Live: safe. @default true */
  dashboard: v.exactOptional(flag, true),
  /** Networks that may post events, in CIDR notation. Live: safe. @default []: every network */
  allowedNetworks: v.exactOptional(
    v.pipe(
      list(
        valid<string>(
          isNetwork,
          'is not a network; use CIDR notation, such as 203.0.113.0/24 or 2001:db8::/32',
        ),
      ),
      v.check(
        ({ length }) => length <= MAX_NETWORKS,
        ({ input }) => `has ${input.length} entries; use at most ${MAX_NETWORKS}`,
      ),
    ),
    [],
  ),
  /**
   * Encrypts queues, secrets, logs and alarms with a KMS key of the stage. To turn it off, use
   * `decrypt-only` first: new data is encrypted with keys of AWS, and the key stays until the old data
   * is gone. With `false`, the key and the permissions to use it are deleted.
   * Live: needs steps.
   * @default false: with keys of AWS
   */
  customerManagedKey: v.exactOptional(
    valid<boolean | typeof DECRYPT_ONLY>(
      (value) => typeof value === 'boolean' || value === DECRYPT_ONLY,
      `is none of the states of a key; use true, false or '${DECRYPT_ONLY}'`,
    ),
    false,
  ),
  /** Keeps queues, secrets, keys and logs when the stack is deleted. Live: safe. @default false */
  keepData: v.exactOptional(flag, false),
  /** Makes CloudFormation refuse to delete the stack. Live: safe. @default false */
  terminationProtection: v.exactOptional(flag, false),
  ...platformFields,
});

/** What you write in `config/`: a name and routes; everything else has a default. */
export interface StageInput extends v.InferInput<typeof Stage> {}

/** A stage that was checked by itself. */
export interface CheckedStage extends v.InferOutput<typeof Stage> {}

/**
 * A stage with every default applied: the severity of the stage is in its routes, and its PagerDuty
 * region is a URL.
 */
export interface StageConfig extends Omit<CheckedStage, 'pagerDutyRegion' | 'severity'> {
  /** Base URL of the PagerDuty Events API. */
  readonly pagerDutyUrl: string;
}

/** A domain name of your own for the webhook URL. */
export type CustomDomain = v.InferOutput<typeof CustomDomainSchema>;
