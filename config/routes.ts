import * as v from 'valibot';
import { isJsonObject } from '../lambda/shared/json.ts';
import {
  findHiddenRoutes,
  SEVERITIES,
  type Route,
  type ScaledSeverity,
  type Severity,
  type SeverityStep,
} from '../lambda/shared/routes.ts';
import {
  choice,
  fields,
  list,
  matching,
  object,
  show,
  crossCheck,
  valid,
  type Mistake,
} from './fields.ts';

/**
 * Bounds of a quiet time, minutes. A sweep looks for quiet incidents once per minute. An incident
 * that stays open for a week after its last event needs a person.
 */
const MIN_QUIET_MINUTES = 0.5;
const MAX_QUIET_MINUTES = 7 * 24 * 60;

const Id = v.pipe(
  matching(
    /^[^\s\p{Cc}](?:[^\p{Cc}]*[^\s\p{Cc}])?$/u,
    "write the ID as Glasnostic shows it, without blanks around it, or '*' for any",
  ),
  // As ingest does with the IDs and names of an event.
  v.transform((id) => id.normalize('NFC')),
);

const SeverityName = choice(SEVERITIES, 'a severity');

const RATIO_FIX = 'it is the value divided by the threshold';

const Step: v.GenericSchema<SeverityStep> = fields({
  ratio: v.pipe(
    valid<number>(
      (value) => Number.isFinite(value) && Number(value) > 1,
      `is not a number above 1; ${RATIO_FIX}`,
    ),
    v.description(RATIO_FIX),
  ),
  severity: SeverityName,
});

const STEPS_FIX = 'write the severity itself when it does not change';

function* stepsOutOfOrder(scaled: ScaledSeverity): Iterable<Mistake> {
  let lower: SeverityStep = { ratio: 1, severity: scaled.default };
  for (const [i, step] of scaled.over.entries()) {
    if (i > 0 && step.ratio <= lower.ratio) {
      yield {
        path: `over[${i}].ratio`,
        message: `${step.ratio} does not come after ${lower.ratio}; write the steps in ascending order`,
      };
    }
    if (SEVERITIES.indexOf(step.severity) <= SEVERITIES.indexOf(lower.severity)) {
      yield {
        path: `over[${i}].severity`,
        message: `${show(step.severity)} is not above ${show(lower.severity)}; each step must be more urgent than what comes before it`,
      };
    }
    lower = step;
  }
}

const Scaled: v.GenericSchema<ScaledSeverity> = v.pipe(
  fields({
    default: SeverityName,
    over: v.pipe(list(Step), v.nonEmpty(`has no step; ${STEPS_FIX}`), v.description(STEPS_FIX)),
  }),
  crossCheck(stepsOutOfOrder),
);

const RouteSchema: v.GenericSchema<Route> = v.pipe(
  object<Route>(),
  fields({
    environment: Id,
    view: v.exactOptional(Id),
    viewName: v.exactOptional(Id),
    // Glasnostic's domains; see the webhook's event settings in its console.
    domain: v.exactOptional(choice(['VIEWS', 'SEGMENTATION', '*'])),
    metric: v.exactOptional(Id),
    // The service is also the MessageGroupId of its events:
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
    service: v.exactOptional(
      matching(
        /^[!-~]{1,128}$/,
        'a service is 1 to 128 ASCII letters, digits and punctuation, without blanks: it is the MessageGroupId on SQS',
      ),
    ),
    ignore: v.exactOptional(
      v.literal(true, ({ input }) => `${show(input)} cannot be used; write true, or leave it out`),
    ),
    severity: v.exactOptional(
      v.lazy((input): v.GenericSchema<Severity | ScaledSeverity> =>
        isJsonObject(input) ? Scaled : SeverityName,
      ),
    ),
    // `defineStage` compares it with the delivery settings.
    resolveAfterMinutes: v.exactOptional(
      valid<number>(
        (value) =>
          typeof value === 'number' && value >= MIN_QUIET_MINUTES && value <= MAX_QUIET_MINUTES,
        `is not a number of minutes from ${MIN_QUIET_MINUTES} to ${MAX_QUIET_MINUTES}, a week; 30 to 60 is a good start`,
      ),
    ),
  }),
  v.partialCheck(
    [['service'], ['ignore']],
    ({ service, ignore }) => service === undefined || ignore === undefined,
    'has both service and ignore; keep the one that is meant',
  ),
  v.partialCheck(
    [['service'], ['ignore']],
    ({ service, ignore }) => service !== undefined || ignore !== undefined,
    'says neither service nor ignore; name a PagerDuty service, or write ignore: true',
  ),
  v.forward(
    v.partialCheck(
      [['ignore'], ['severity']],
      ({ ignore, severity }) => ignore === undefined || severity === undefined,
      'means nothing on an ignored route; leave it out',
    ),
    ['severity'],
  ),
  v.forward(
    v.partialCheck(
      [['ignore'], ['resolveAfterMinutes']],
      ({ ignore, resolveAfterMinutes }) =>
        ignore === undefined || resolveAfterMinutes === undefined,
      'means nothing on an ignored route, which opens no incident; leave it out',
    ),
    ['resolveAfterMinutes'],
  ),
  crossCheck(function* scaledWithoutValue({ domain, severity }) {
    if (domain !== 'SEGMENTATION' || typeof severity !== 'object') return;
    yield {
      path: 'severity.over',
      message:
        'never applies to the domain SEGMENTATION, whose events have no value; write one severity',
    };
  }),
  v.transform(({ service, ignore, severity, resolveAfterMinutes, ...match }): Route => {
    if (service === undefined || ignore !== undefined) return { ...match, ignore: true };
    return {
      ...match,
      service,
      ...(severity === undefined ? {} : { severity }),
      ...(resolveAfterMinutes === undefined ? {} : { resolveAfterMinutes }),
    };
  }),
);

const EXAMPLE = "{ environment: '*', service: 'my-service' }";

/** The routes of a stage, in order. Their type: `lambda/shared/routes.ts`. */
export const Routes: v.GenericSchema<readonly Route[]> = v.pipe(
  list(RouteSchema),
  v.description(`begin with [${EXAMPLE}]`),
  v.nonEmpty(`is empty; every event would be answered 404. Begin with ${EXAMPLE}`),
  crossCheck(function* hidden(routes) {
    for (const [later, earlier] of findHiddenRoutes(routes)) {
      yield {
        path: later,
        message: `can never match, because routes[${earlier}] takes everything it could; put it before routes[${earlier}], or remove it`,
      };
    }
  }),
);
