import { readFileSync } from 'node:fs';
import { Annotations } from 'aws-cdk-lib';
import { NO_RECEIVER_WARNING } from '../../config/receivers.ts';
import { Template } from 'aws-cdk-lib/assertions';
import { defineStage } from '../../config/define-stage.ts';
import type { StageConfig } from '../../config/stage.ts';
import { bridgeApp } from '../../lib/bridge-app.ts';
import { BridgeStack } from '../../lib/bridge-stack.ts';
import { reviewedPath } from '../../lib/reviewed.ts';

/** A stage with every hardening option. It resolves incidents, so it has every resource. */
export const hardened = defineStage({
  name: 'hardened',
  account: '123456789012',
  region: 'eu-west-1',
  routes: [{ environment: '*', service: 'platform', resolveAfterMinutes: 30 }],
  alarmEmails: ['oncall@example.com', 'team@example.com'],
  ingestFunction: { reservedConcurrency: 20 },
  alarms: { silenceHours: 12, runbookUrl: 'https://wiki.example/bridge' },
  allowedNetworks: ['203.0.113.0/24', '2001:db8::/32'],
  tracing: true,
  customerManagedKey: true,
  keepData: true,
  terminationProtection: true,
  customDomain: {
    name: 'alerts.example.com',
    certificateArn: 'arn:aws:acm:eu-west-1:123456789012:certificate/0a1b',
  },
});

/** The stack of a stage, without bundles and validation: other tests check both. */
export function stackOf(stage: StageConfig): BridgeStack {
  const stack = bridgeApp({ stages: [stage], bundle: false, validate: false }).node.findChild(
    stage.name,
  );
  if (!(stack instanceof BridgeStack)) throw new Error(`no stack for ${stage.name}`);
  return stack;
}

/** The template of a stage, without bundles. */
export function templateOf(stage: StageConfig): Template {
  const stack = stackOf(stage);
  Annotations.of(stack).acknowledgeWarning(NO_RECEIVER_WARNING);
  return Template.fromStack(stack);
}

/**
 * The template of a stage as it was reviewed. `test/lib/templates.test.ts` compares it with the one of
 * this checkout, so a test that changes nothing in a stage need not synthesise it again.
 */
export function reviewedTemplate(stageName: string): Template {
  return Template.fromString(readFileSync(reviewedPath(stageName, 'template'), 'utf8'));
}
