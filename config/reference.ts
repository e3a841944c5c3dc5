/**
 * Reference stages, which no command deploys. Together they have every option, so that the review, the
 * rule packs and the tests see what each option does to a template. `bin/app.ts` does not know them,
 * and neither does any command.
 */

import { defineStage } from './define-stage.ts';
import type { StageInput } from './stage.ts';

const ACCOUNT = '123456789012';

/** Every option for which the stage makes its own resources. */
export const ownInput: StageInput = {
  name: 'own',
  account: ACCOUNT,
  region: 'us-east-2',
  pagerDutyRegion: 'eu',
  consoleUrl: 'https://glasnostic.example.com',
  routes: [
    { environment: '*', domain: 'SEGMENTATION', service: 'network', severity: 'info' },
    { environment: '*', service: 'platform', resolveAfterMinutes: 45 },
  ],
  severity: { default: 'error', over: [{ ratio: 2, severity: 'critical' }] },
  alarmEmails: ['oncall@example.com', 'team@example.com'],
  throttle: { ratePerSecond: 500, burst: 900 },
  ingestFunction: { memoryMB: 256, timeoutSeconds: 9, reservedConcurrency: 20 },
  deliveryFunction: {
    memoryMB: 1024,
    timeoutSeconds: 50,
    batchSize: 100,
    batchWindowSeconds: 1,
    reservedConcurrency: 8,
  },
  delivery: {
    callsPerMinute: 100,
    updateIntervalSeconds: 120,
    callTimeoutSeconds: 6,
    concurrentCalls: 6,
    retryBaseSeconds: 3,
    retryCapSeconds: 200,
    giveUpAfterSeconds: 100_000,
    circuitFailures: 4,
    circuitCapSeconds: 90,
    maxConcurrentBatches: 4,
  },
  queue: { retentionDays: 10 },
  logs: { retentionDays: 90 },
  alarms: {
    deliveryDelaySeconds: 600,
    unauthorizedPerFiveMinutes: 50,
    silenceHours: 12,
    runbookUrl: 'https://wiki.example.com/bridge',
  },
  tracing: true,
  dashboard: false,
  allowedNetworks: ['203.0.113.0/24', '2001:db8::/32'],
  customerManagedKey: true,
  keepData: true,
  terminationProtection: true,
  tags: { team: 'platform', 'cost-centre': '4711' },
  iamPath: '/applications/bridge/',
  fipsEndpoints: true,
  architecture: 'x86_64',
  bootstrapQualifier: 'platform',
  operatorPolicies: true,
};

/** Every option that takes a resource, or an address, that exists. */
export const existingInput: StageInput = {
  name: 'existing',
  account: ACCOUNT,
  region: 'eu-west-1',
  pagerDutyUrl: 'https://egress.example.com/pagerduty',
  routes: [{ environment: '*', service: 'platform', resolveAfterMinutes: 30 }],
  customDomain: {
    name: 'alerts.example.com',
    certificateArn: `arn:aws:acm:eu-west-1:${ACCOUNT}:certificate/0a1b2c3d`,
    disableGeneratedUrl: true,
  },
  alarms: { topicArn: `arn:aws:sns:eu-west-1:${ACCOUNT}:on-call` },
  customerManagedKey: true,
  customerManagedKeyArn: `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`,
  permissionsBoundaryArn: `arn:aws:iam::${ACCOUNT}:policy/boundary`,
  vpc: {
    subnetIds: ['subnet-0a1b2c3d4e5f60718', 'subnet-1a2b3c4d5e6f70819'],
    securityGroupIds: ['sg-0a1b2c3d4e5f60718'],
    ingest: true,
  },
  proxy: { url: 'http://proxy.example.com:3128', noProxy: ['.amazonaws.com'] },
  operatorPolicies: true,
};

/** The reference stages. */
export const referenceStages = [defineStage(ownInput), defineStage(existingInput)];
