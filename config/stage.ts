/**
 * What a stage is: one deployment of the bridge, as data. {@link StageInput} is what one writes,
 * {@link StageConfig} what the stack reads, with every default applied and every value checked by
 * `defineStage`.
 */

import type { DeliverySettings } from '../lambda/delivery/settings.ts';
import type { Route } from '../lambda/shared/routes.ts';

/** PagerDuty's service regions. An account lives in one of them. */
export const PAGERDUTY_REGIONS = ['us', 'eu'] as const;

/** The PagerDuty region an account lives in. */
export type PagerDutyRegion = (typeof PAGERDUTY_REGIONS)[number];

/**
 * Base URL of the Events API by region.
 * https://support.pagerduty.com/main/docs/service-regions
 */
export const PAGERDUTY_URLS: Readonly<Record<PagerDutyRegion, string>> = {
  us: 'https://events.pagerduty.com',
  eu: 'https://events.eu.pagerduty.com',
};

/**
 * Levels of the functions' logs. There is none above INFO: the metrics, and with them the alarms,
 * travel on lines of that level.
 */
export const LOG_LEVELS = ['DEBUG', 'INFO'] as const;

/** Level of the functions' logs. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What API Gateway lets through before it answers 429. Best effort, not a guarantee. */
export interface ThrottleSettings {
  /** Requests a second, sustained. Far above any storm: what is throttled is lost. @default 1000 */
  readonly ratePerSecond: number;
  /** Requests at once. @default 2000 */
  readonly burst: number;
}

/** Size of the ingest function. */
export interface IngestFunctionSettings {
  /** Memory in MB; the CPU share grows with it. @default 512 */
  readonly memoryMB: number;
  /** Seconds; the HTTP API itself gives up after 30. @default 10 */
  readonly timeoutSeconds: number;
  /**
   * Instances that are kept for it, and that it cannot exceed, so that a flood leaves the rest of
   * the account alone. Needs an account whose concurrency limit allows it; a new one has 10.
   * @default none: the throttle of the API is the limit
   */
  readonly reservedConcurrency?: number;
}

/** Size of the delivery function and of its batches. */
export interface DeliveryFunctionSettings {
  /** Memory in MB; the CPU share grows with it. @default 512 */
  readonly memoryMB: number;
  /** Seconds. The events queue's visibility timeout is six times this. @default 60 */
  readonly timeoutSeconds: number;
  /** Messages in one batch, at most; more than 10 need a window. @default 10 */
  readonly batchSize: number;
  /**
   * Seconds to gather a batch, at most. With a window of any length, Lambda may leave the only event
   * in a quiet queue lying for up to 20 seconds:
   * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html. @default 0
   */
  readonly batchWindowSeconds: number;
}

/** How long both queues keep a message. */
export interface QueueSettings {
  /** Days, at most SQS's 14. @default 14 */
  readonly retentionDays: number;
}

/** The functions' logs and the access log. */
export interface LogSettings {
  /** Days; one of the values CloudWatch offers. @default 30 */
  readonly retentionDays: number;
  /** @default 'INFO' */
  readonly level: LogLevel;
}

/** A name of one's own for the webhook URL, so that it outlives the API. */
export interface CustomDomain {
  /** Fully qualified domain name, such as `alerts.example.com`. */
  readonly name: string;
  /** ARN of an ACM certificate for that name, in the region of the stage. */
  readonly certificateArn: string;
}

/** When alarms ring. */
export interface AlarmSettings {
  /** Seconds between accepting an event and telling PagerDuty. @default 300 */
  readonly deliveryDelaySeconds: number;
  /** Requests with a missing or wrong token in five minutes. @default 100 */
  readonly unauthorizedPerFiveMinutes: number;
  /** Hours without a single event after which something is wrong with the sender. @default 0: never */
  readonly silenceHours: number;
  /** Address of the runbook; alarms append the section. @default 'docs/runbook.md' */
  readonly runbookUrl: string;
}

/** A stage with every default applied. */
export interface StageConfig {
  /** Lower-case letters, digits and hyphens; part of the stack's name. */
  readonly name: string;
  /** AWS account, 12 digits. @default the caller's */
  readonly account?: string;
  /** AWS region. @default the caller's */
  readonly region?: string;
  /** @default 'us' */
  readonly pagerDutyRegion: PagerDutyRegion;
  /** Base URL of the Glasnostic console, for deep links. @default 'https://app.glasnostic.com' */
  readonly consoleUrl: string;
  /** Which event goes where; the first match wins. */
  readonly routes: readonly Route[];
  /** Who is written to when an alarm rings. @default [] */
  readonly alarmEmails: readonly string[];
  readonly throttle: ThrottleSettings;
  readonly ingestFunction: IngestFunctionSettings;
  readonly deliveryFunction: DeliveryFunctionSettings;
  readonly delivery: DeliverySettings;
  readonly queue: QueueSettings;
  readonly logs: LogSettings;
  /** @default none: the URL that API Gateway makes up */
  readonly customDomain?: CustomDomain;
  readonly alarms: AlarmSettings;
  /**
   * Whether X-Ray traces the functions. A recorded trace costs five times what a request of the API
   * does: https://aws.amazon.com/xray/pricing/. @default false
   */
  readonly tracing: boolean;
  /** Whether there is a dashboard; one costs USD 3.00 a month. @default true */
  readonly dashboard: boolean;
  /** Networks that may post events, in CIDR notation. @default []: every network */
  readonly allowedNetworks: readonly string[];
  /** Whether queues, secrets, logs and alarms are encrypted by a KMS key of the stage. @default false: by keys of AWS */
  readonly customerManagedKey: boolean;
  /** Whether queues, secrets, keys and logs outlive the stack. @default false */
  readonly keepData: boolean;
  /** Whether CloudFormation refuses to delete the stack. @default false */
  readonly terminationProtection: boolean;
}

/** A field that may be left out, and of an object field each part of it. */
type Section<T> = { readonly [K in keyof T]?: T[K] };

/** What one writes in `config/`: a name and routes; everything else has a default. */
export interface StageInput extends Pick<
  StageConfig,
  'name' | 'account' | 'region' | 'routes' | 'customDomain'
> {
  readonly pagerDutyRegion?: PagerDutyRegion;
  readonly consoleUrl?: string;
  readonly alarmEmails?: readonly string[];
  readonly throttle?: Section<ThrottleSettings>;
  readonly ingestFunction?: Section<IngestFunctionSettings>;
  readonly deliveryFunction?: Section<DeliveryFunctionSettings>;
  readonly delivery?: Section<DeliverySettings>;
  readonly queue?: Section<QueueSettings>;
  readonly logs?: Section<LogSettings>;
  readonly alarms?: Section<AlarmSettings>;
  readonly allowedNetworks?: readonly string[];
  readonly tracing?: boolean;
  readonly dashboard?: boolean;
  readonly customerManagedKey?: boolean;
  readonly keepData?: boolean;
  readonly terminationProtection?: boolean;
}
