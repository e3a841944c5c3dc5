/** Turns what one writes in `config/` into a stage that the stack can rely on. */

import { readAlarms } from './alarms.ts';
import { readDelivery } from './delivery.ts';
import { readDeliveryFunction, readIngestFunction } from './functions.ts';
import { readNetworks } from './networks.ts';
import { readRoutes } from './routes.ts';
import { Section, show } from './section.ts';
import {
  LOG_LEVELS,
  PAGERDUTY_REGIONS,
  type CustomDomain,
  type StageConfig,
  type StageInput,
} from './stage.ts';

/**
 * Days that CloudWatch Logs can keep a log.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
 */
const LOG_RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
] as const;

const NAME_RULE = {
  pattern: /^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/,
  fix: 'a name is 1 to 40 lower-case letters, digits and hyphens, begins with a letter and does not end with a hyphen',
};

/** Host names that may be spoken to without TLS: nothing leaves this machine. */
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

function readConsoleUrl(stage: Section): string {
  const fallback = 'https://app.glasnostic.com';
  const value = stage.raw('consoleUrl');
  if (value === undefined) return fallback;
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  const safe =
    url !== undefined &&
    (url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.includes(url.hostname))) &&
    url.username === '' &&
    url.password === '' &&
    url.search === '' &&
    url.hash === '';
  if (safe) return url.href.replace(/\/+$/, '');
  stage.problem(
    'consoleUrl',
    `${show(value)} cannot be used; write an https:// base URL without user, query or fragment, such as ${fallback}`,
  );
  return fallback;
}

function readCustomDomain(stage: Section): CustomDomain | undefined {
  if (!stage.has('customDomain')) return undefined;
  const section = stage.section('customDomain');
  const domain = {
    name: section.text('name', {
      pattern: /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
      fix: 'write a fully qualified domain name in lower case, such as alerts.example.com',
    }),
    certificateArn: section.text('certificateArn', {
      pattern: /^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[\w-]+$/,
      fix: 'write the ARN of an ACM certificate, such as arn:aws:acm:eu-west-1:123456789012:certificate/…',
    }),
  };
  section.close();
  return domain;
}

function readAccount(stage: Section): Pick<StageConfig, 'account' | 'region'> {
  const account = stage.optionalText('account', {
    pattern: /^\d{12}$/,
    fix: 'an account is a string of 12 digits',
  });
  const region = stage.optionalText('region', {
    pattern: /^[a-z]{2}(?:-[a-z]+)+-\d$/,
    fix: 'a region looks like eu-west-1',
  });
  // A region alone is fine: the caller's account, there. An account alone would silently deploy
  // to whatever region the caller's profile happens to name.
  if (stage.has('account') && !stage.has('region')) {
    stage.problem('region', 'is missing; an account needs the region to deploy to');
  }
  return {
    ...(account === undefined ? {} : { account }),
    ...(region === undefined ? {} : { region }),
  };
}

/** Rules between sections, which hold only when each section is in order by itself. */
function checkTogether(stage: Section, config: StageConfig): void {
  const { delivery, deliveryFunction, queue } = config;
  if (delivery.callTimeoutSeconds * 2 > deliveryFunction.timeoutSeconds) {
    stage.problem(
      'delivery.callTimeoutSeconds',
      `${delivery.callTimeoutSeconds} is more than half of deliveryFunction.timeoutSeconds ${deliveryFunction.timeoutSeconds}; one slow call must leave time to give the rest back`,
    );
  }
  const retention = queue.retentionDays * 86_400;
  const latest = delivery.giveUpAfterSeconds + delivery.retryCapSeconds;
  if (latest >= retention) {
    stage.problem(
      'delivery.giveUpAfterSeconds',
      `${delivery.giveUpAfterSeconds} and one wait of ${delivery.retryCapSeconds} reach the ${retention} seconds that queue.retentionDays ${queue.retentionDays} keeps a message; SQS would delete it before it is given up`,
    );
  }
  const { customDomain, region } = config;
  const certificateRegion = customDomain?.certificateArn.split(':')[3];
  if (region !== undefined && certificateRegion !== undefined && certificateRegion !== region) {
    stage.problem(
      'customDomain.certificateArn',
      `is in ${certificateRegion}, the stage in ${region}; an HTTP API takes certificates of its own region`,
    );
  }
}

/**
 * Checks a stage and applies the defaults.
 *
 * @throws Error listing every mistake, each with its path and its fix
 */
export function defineStage(input: StageInput): StageConfig {
  const problems: string[] = [];
  const stage = new Section(`stages.${input.name}`, input, problems);
  const throttle = stage.section('throttle');
  const queue = stage.section('queue');
  const logs = stage.section('logs');
  const customDomain = readCustomDomain(stage);
  const config: StageConfig = {
    name: stage.text('name', NAME_RULE),
    ...readAccount(stage),
    pagerDutyRegion: stage.choice('pagerDutyRegion', PAGERDUTY_REGIONS, 'us'),
    consoleUrl: readConsoleUrl(stage),
    routes: readRoutes(stage, problems),
    alarmEmails: stage.list('alarmEmails', (item, path) => {
      if (typeof item === 'string' && /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(item)) return item;
      problems.push(`${path}: ${show(item)} is not an e-mail address`);
      return '';
    }),
    throttle: {
      ratePerSecond: throttle.integer('ratePerSecond', 1000, {
        min: 1,
        max: 10_000,
        why: 'API Gateway gives an account 10,000 requests a second',
      }),
      burst: throttle.integer('burst', 2000, {
        min: 1,
        max: 5000,
        why: 'API Gateway gives an account a burst of 5,000 requests',
      }),
    },
    ingestFunction: readIngestFunction(stage),
    deliveryFunction: readDeliveryFunction(stage),
    delivery: readDelivery(stage.section('delivery')),
    queue: {
      retentionDays: queue.integer('retentionDays', 14, {
        min: 1,
        max: 14,
        why: 'SQS keeps a message for 14 days at most',
      }),
    },
    logs: {
      retentionDays: logs.choice('retentionDays', LOG_RETENTION_DAYS, 30),
      level: logs.choice('level', LOG_LEVELS, 'INFO'),
    },
    ...(customDomain === undefined ? {} : { customDomain }),
    alarms: readAlarms(stage),
    tracing: stage.flag('tracing', false),
    dashboard: stage.flag('dashboard', true),
    allowedNetworks: readNetworks(stage, problems),
    customerManagedKey: stage.flag('customerManagedKey', false),
    keepData: stage.flag('keepData', false),
    terminationProtection: stage.flag('terminationProtection', false),
  };
  for (const section of [throttle, queue, logs, stage]) section.close();
  if (problems.length === 0) checkTogether(stage, config);
  if (problems.length > 0) {
    throw new Error(
      `This stage cannot be used:\n${problems.map((line) => `  ${line}`).join('\n')}`,
    );
  }
  return config;
}

/**
 * Checks that every stage has a name of its own, in any case: names of stacks and of the stages'
 * directories must not collide.
 *
 * @throws Error naming the stage that is there twice
 */
export function defineStages(stages: readonly StageConfig[]): readonly StageConfig[] {
  const names = new Set<string>();
  for (const { name } of stages) {
    if (names.has(name)) {
      throw new Error(`stages.${name}: is there twice; give each stage a name of its own`);
    }
    names.add(name);
  }
  return stages;
}
