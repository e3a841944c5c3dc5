import * as v from 'valibot';
import { isJsonObject } from '../lambda/shared/json.ts';
import {
  type Route,
  type ScaledSeverity,
  SEVERITIES,
  type SeverityRule,
  type SeverityStep,
} from '../lambda/shared/routes.ts';
import { choice, crossCheck, fields, flag, list, type Mistake, show, valid } from './fields.ts';

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
  ownIncident: v.exactOptional(flag),
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

/** A severity, or one that rises with the ratio of value to threshold. */
export const SeveritySchema: v.GenericSchema<SeverityRule> = v.lazy(
  (input): v.GenericSchema<SeverityRule> => (isJsonObject(input) ? Scaled : SeverityName),
);

/**
 * Writes the severity of a stage into its routes that set none. Denied connections have no value,
 * so a rule with steps gives them its default.
 */
export function withSeverity(
  routes: readonly Route[],
  severity: SeverityRule | undefined,
): readonly Route[] {
  if (severity === undefined) return routes;
  const withoutValue = typeof severity === 'object' ? severity.default : severity;
  return routes.map((route) =>
    'ignore' in route || route.severity !== undefined
      ? route
      : Object.assign({}, route, {
          severity: route.domain === 'SEGMENTATION' ? withoutValue : severity,
        }),
  );
}
