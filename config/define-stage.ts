/** Checks the stages that you write in `config/`, and applies the defaults. */

import * as v from 'valibot';
import {
  retryCapOf,
  deduplicationWindowOf,
  longestWaitOf,
} from '../lambda/shared/delivery-settings.ts';
import { hasResolvingRoute } from '../lambda/shared/routes.ts';
import { crossCheck, type Mistake } from './fields.ts';
import { platformConflicts } from './platform.ts';
import { routeName } from './route-names.ts';
import { withSeverity } from './severity.ts';
import { StageError } from './stage-error.ts';
import {
  type CheckedStage,
  PAGERDUTY_URLS,
  Stage,
  type StageConfig,
  type StageInput,
} from './stage.ts';

/** Mistakes that are shown; the others are counted. */
const MAX_MISTAKES = 50;

/** A mistake with its path. A route has its description too, because positions change. */
function describe({ path, message }: v.BaseIssue<unknown>, input: StageInput): string {
  const keys: readonly unknown[] = path?.map(({ key }) => key) ?? [];
  const [section, position, ...rest] = keys;
  if (section === 'routes' && typeof position === 'number') {
    return `.${routeName(position, input.routes[position])}${pathText(rest)}: ${message}`;
  }
  return `${pathText(keys)}: ${message}`;
}

function pathText(keys: readonly unknown[]): string {
  return keys.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
}

/**
 * Longest call of a stage that resolves incidents, seconds. Three calls are the time for which an
 * incident that is being resolved is reserved, and an event of it may have to wait for half of that.
 */
const MAX_CALL_SECONDS_TO_RESOLVE = 10;

/** Update intervals in the shortest quiet time: an incident that is noisy is never quiet. */
const UPDATES_PER_QUIET_TIME = 5;

/** Longest waits in the shortest quiet time: an event that waits comes back before it ends. */
const WAITS_PER_QUIET_TIME = 2;

/** Checks the quiet times of the routes. */
function* quietTimeConflicts({ routes, delivery }: CheckedStage): Iterable<Mistake> {
  if (!hasResolvingRoute(routes)) return;
  const { callTimeoutSeconds, updateIntervalSeconds } = delivery;
  if (callTimeoutSeconds > MAX_CALL_SECONDS_TO_RESOLVE) {
    yield {
      path: 'delivery.callTimeoutSeconds',
      message: `${callTimeoutSeconds} is above ${MAX_CALL_SECONDS_TO_RESOLVE}; an event can wait one and a half times as long while its incident is resolved. Use at most ${MAX_CALL_SECONDS_TO_RESOLVE}, or remove resolveAfterMinutes from the routes`,
    };
  }
  const wait = longestWaitOf(delivery) / 1000;
  const shortest = [
    {
      seconds: updateIntervalSeconds * UPDATES_PER_QUIET_TIME,
      why: `${UPDATES_PER_QUIET_TIME} times delivery.updateIntervalSeconds ${updateIntervalSeconds}`,
    },
    {
      seconds: wait * WAITS_PER_QUIET_TIME,
      why: `twice the longest wait after a failure, ${Math.ceil(wait)} s`,
    },
  ];
  for (const [position, route] of routes.entries()) {
    const { resolveAfterMinutes: minutes } = 'ignore' in route ? {} : route;
    if (minutes === undefined) continue;
    const { seconds, why } = shortest.reduce((a, b) => (b.seconds > a.seconds ? b : a));
    if (minutes * 60 >= seconds) continue;
    yield {
      path: ['routes', position, 'resolveAfterMinutes'],
      message: `${minutes} is below ${minutesOf(seconds)}, which is ${why}; an event that waits could find its incident resolved. Use at least ${minutesOf(seconds)}, better 30 to 60`,
    };
  }
}

/** Seconds as minutes, rounded up to hundredths. */
function minutesOf(seconds: number): number {
  return Math.ceil((seconds / 60) * 100) / 100;
}

/** Checks the rules between sections, after every value is valid by itself. */
function* conflicts(stage: CheckedStage): Iterable<Mistake> {
  const { region, delivery, deliveryFunction, queue, customDomain } = stage;
  const { pagerDutyRegion, pagerDutyUrl } = stage;
  const { callTimeoutSeconds, giveUpAfterSeconds, updateIntervalSeconds } = delivery;
  const { timeoutSeconds } = deliveryFunction;
  const longestWait = Math.ceil(retryCapOf(delivery) / 1000);
  if (callTimeoutSeconds * 2 > timeoutSeconds) {
    yield {
      path: 'delivery.callTimeoutSeconds',
      message: `${callTimeoutSeconds} is more than half of deliveryFunction.timeoutSeconds ${timeoutSeconds}; one slow call must leave time to give the rest back`,
    };
  }
  // The queue's visibility timeout is longer than five timeouts of the function.
  if (deduplicationWindowOf(delivery) / 1000 >= timeoutSeconds * 5) {
    yield {
      path: 'delivery.updateIntervalSeconds',
      message: `a quarter of ${updateIntervalSeconds} is not below five times deliveryFunction.timeoutSeconds ${timeoutSeconds}; an event that waits could come back before it stands for those accepted in that time`,
    };
  }
  const retention = queue.retentionDays * 86_400;
  if (giveUpAfterSeconds + longestWait >= retention) {
    yield {
      path: 'delivery.giveUpAfterSeconds',
      message: `${giveUpAfterSeconds} and one wait of ${longestWait} reach the ${retention} seconds that queue.retentionDays ${queue.retentionDays} keeps a message; SQS would delete it before it is given up`,
    };
  }
  if (pagerDutyRegion !== undefined && pagerDutyUrl !== undefined) {
    yield {
      path: 'pagerDutyUrl',
      message: `is set, and pagerDutyRegion ${pagerDutyRegion} too; keep the one that is meant`,
    };
  }
  const certificateRegion = customDomain?.certificateArn.split(':')[3];
  if (region !== undefined && certificateRegion !== undefined && certificateRegion !== region) {
    yield {
      path: 'customDomain.certificateArn',
      message: `is in ${certificateRegion}, the stage in ${region}; an HTTP API takes certificates of its own region`,
    };
  }
  const { reservedConcurrency } = deliveryFunction;
  if (reservedConcurrency !== undefined && reservedConcurrency < delivery.maxConcurrentBatches) {
    yield {
      path: 'deliveryFunction.reservedConcurrency',
      message: `${reservedConcurrency} is below delivery.maxConcurrentBatches ${delivery.maxConcurrentBatches}; Lambda would throttle batches, and their events would be late. Use at least ${delivery.maxConcurrentBatches}`,
    };
  }
  const topicRegion = stage.alarms.topicArn?.split(':')[3];
  if (region !== undefined && topicRegion !== undefined && topicRegion !== region) {
    yield {
      path: 'alarms.topicArn',
      message: `is in ${topicRegion}, the stage in ${region}; an alarm notifies topics of its own region`,
    };
  }
  yield* platformConflicts(stage);
  yield* quietTimeConflicts(stage);
}

const StageSchema = v.pipe(
  Stage,
  // A region without an account means the caller's account. An account without a region would be
  // deployed to the region of the caller's profile, without a warning.
  v.forward(
    v.partialCheck(
      [['account'], ['region']],
      ({ account, region }) => account === undefined || region !== undefined,
      'is missing; an account needs the region to deploy to',
    ),
    ['region'],
  ),
  crossCheck(conflicts),
  v.transform(
    ({ pagerDutyRegion = 'us', pagerDutyUrl, severity, ...stage }: CheckedStage): StageConfig => ({
      ...stage,
      pagerDutyUrl: pagerDutyUrl ?? PAGERDUTY_URLS[pagerDutyRegion],
      routes: withSeverity(stage.routes, severity),
    }),
  ),
);

/**
 * Checks a stage and applies the defaults.
 *
 * @throws StageError listing every mistake, each with its path and its fix
 */
export function defineStage(input: StageInput): StageConfig {
  const result = v.safeParse(StageSchema, input);
  if (result.success) return result.output;
  const lines = result.issues
    .slice(0, MAX_MISTAKES)
    .map((issue) => `  stages.${input.name}${describe(issue, input)}`);
  const others = result.issues.length - lines.length;
  if (others > 0) lines.push(`  and ${others} more`);
  throw new StageError(`This stage cannot be used:\n${lines.join('\n')}`);
}

/**
 * Checks that each stage has its own name, because its stack and its directory have that name.
 *
 * @throws StageError that names the first duplicate
 */
export function defineStages(stages: readonly StageConfig[]): readonly StageConfig[] {
  const names = new Set<string>();
  for (const { name } of stages) {
    if (names.has(name)) {
      throw new StageError(`stages.${name}: is there twice; give each stage a name of its own`);
    }
    names.add(name);
  }
  return stages;
}
