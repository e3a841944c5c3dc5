/** `send --test`: one marked event, followed until delivery has resolved its incident. */

import { setTimeout as sleep } from 'node:timers/promises';

import { parseEvent, routingFieldsOf, TEST_MARK } from '../../lambda/glasnostic/event.ts';
import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';
import { TEST_NOT_RESOLVED, TEST_RESOLVED } from '../../lambda/shared/test-lines.ts';
import { OperatorError } from '../errors.ts';
import type { StageContext } from '../stage/context.ts';
import { readLogLines } from '../trace/logs.ts';
import { idsOf, stepsOf, type TraceStep } from '../trace/trace.ts';

/** Marks an event as a test of the bridge. */
export function marked(event: JsonObject): JsonObject {
  return { ...event, [TEST_MARK]: true };
}

/**
 * The PagerDuty service that the routes of the checkout name for an event.
 *
 * @throws OperatorError when no route takes it, or the one that does ignores it
 */
export function serviceFor(event: JsonObject, { routes, stage }: StageContext): string {
  const parsed = parseEvent(event);
  const route = parsed.outcome === 'event' ? routes(routingFieldsOf(parsed.event)) : undefined;
  if (route !== undefined && 'service' in route) return route.service;
  const why = route === undefined ? 'No route takes' : 'The route that takes it ignores';
  throw new OperatorError(
    `${why} this event of stage ${stage.name}; choose another --environment or --view. Nothing was posted.`,
  );
}

/** The message ID in the webhook's answer 202; `undefined` in another answer. */
export function messageIdOf(text: string): string | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    return isJsonObject(answer) && typeof answer['id'] === 'string' ? answer['id'] : undefined;
  } catch {
    return undefined;
  }
}

/** How a test ended. */
export type TestEnd =
  /** PagerDuty accepted both calls. */
  | 'resolved'
  /** PagerDuty accepted the trigger, and not the resolve. */
  | 'open'
  | 'dead_letter'
  /** The timeout passed, or Ctrl-C. */
  | 'not_known';

const ENDS: Readonly<Record<string, TestEnd>> = {
  [TEST_RESOLVED]: 'resolved',
  [TEST_NOT_RESOLVED]: 'open',
  'An event became a dead letter': 'dead_letter',
};

/** Pause between two looks at the logs, milliseconds: CloudWatch answers five per second. */
const PAUSE = { local: 200, deployed: 3_000 };

/**
 * Follows an event by its log lines. It never receives from the events queue.
 *
 * @param options.since milliseconds since 1970
 * @param options.timeout milliseconds
 * @param options.onStep called once per line, the oldest first
 */
export async function followTest(
  context: StageContext,
  messageId: string,
  options: {
    readonly since: number;
    readonly timeout: number;
    readonly signal: AbortSignal;
    readonly onStep: (step: TraceStep) => void;
  },
): Promise<TestEnd> {
  const { since, timeout, signal, onStep } = options;
  const pause = context.bridgeUrl === undefined ? PAUSE.deployed : PAUSE.local;
  const deadline = performance.now() + timeout;
  const shown = new Set<string>();
  let ids: readonly string[] = [messageId];
  while (!signal.aborted) {
    const lines = await readLogLines(context, { ids, since, signal });
    // The line of ingest has the request ID too, which names the event in the lines about calls.
    const known = idsOf(messageId, lines);
    const isNew = known.length > ids.length;
    ids = known.length > ids.length ? known : ids;
    const steps = stepsOf(lines, ids);
    for (const step of steps) {
      const identity = JSON.stringify(step);
      if (!shown.has(identity)) onStep(step);
      shown.add(identity);
    }
    const end = steps.map(({ message }) => ENDS[message]).findLast((one) => one !== undefined);
    if (end !== undefined) return end;
    if (performance.now() >= deadline) break;
    if (!isNew) await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
  return 'not_known';
}
