import * as v from 'valibot';
import { isIntegrationKey } from '../lambda/pagerduty/integration-key.ts';
import { DETAIL_NAMES } from '../lambda/shared/detail-names.ts';
import { isJsonObject } from '../lambda/shared/json.ts';
import type { OneOrMore, Route } from '../lambda/shared/routes.ts';
import { choice, crossCheck, fields, list, matching, object, show, text, valid } from './fields.ts';
import { hiddenRoutes } from './hidden-routes.ts';
import { SeveritySchema } from './severity.ts';

/** Fixed fields of a route. PagerDuty shows them in one list, and you have to read it. */
const MAX_DETAILS = 20;

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

const IdList: v.GenericSchema<readonly string[]> = v.pipe(
  list(Id),
  v.nonEmpty("is an empty list; name at least one, or write '*' for any"),
  crossCheck(function* repeated(ids) {
    const seen = new Set<string>();
    for (const [i, id] of ids.entries()) {
      if (id === '*') yield { path: i, message: "'*' means any; write '*' without a list" };
      else if (seen.has(id)) yield { path: i, message: `${show(id)} is in the list twice` };
      seen.add(id);
    }
  }),
);

const Ids: v.GenericSchema<OneOrMore> = v.pipe(
  v.lazy((input): v.GenericSchema<OneOrMore> => (Array.isArray(input) ? IdList : Id)),
  // The message of a route without the field.
  v.description(v.getDescription(Id) ?? ''),
);

const ServiceName = matching(
  /^[!-~]{1,128}$/,
  'a service is 1 to 128 ASCII letters, digits and punctuation, without blanks: it is the MessageGroupId on SQS',
);

// Without the value in the message, so that no key is in an error.
const IntegrationKey = v.custom<string>(
  () => false,
  'has the form of an integration key, which must not be in a stage: a service is named in logs and queue messages. Write a name, and set the key with "./bridge keys set NAME"',
);

const Service = v.lazy((input): v.GenericSchema<string> =>
  typeof input === 'string' && isIntegrationKey(input.trim()) ? IntegrationKey : ServiceName,
);

function isRunbook(url: string): boolean {
  // The host comes first, so that no event decides where the link leads.
  if (url.length > 1000 || !/^https:\/\/[^/?#{}]+(?:[/?#]|$)/.test(url)) return false;
  const filled = url.replaceAll(/\{(?:environment|view|metric)\}/g, 'x');
  if (/[\s{}]/.test(filled) || !URL.canParse(filled)) return false;
  const { username, password } = new URL(filled);
  return `${username}${password}` === '';
}

const DetailText = matching(
  /^(?=.*\S)[^\p{Cc}]{1,1000}$/u,
  'write a text of 1 to 1,000 characters on one line',
);

const Details: v.GenericSchema<Readonly<Record<string, string>>> = v.pipe(
  v.custom<Readonly<Record<string, string>>>(
    isJsonObject,
    ({ input }) => `${show(input)} is not an object`,
  ),
  v.record(v.string(), DetailText),
  crossCheck(function* wrongNames(details) {
    const names = Object.keys(details);
    if (names.length > MAX_DETAILS) {
      yield { path: '', message: `has ${names.length} fields; use at most ${MAX_DETAILS}` };
    }
    const taken: readonly string[] = DETAIL_NAMES;
    for (const name of names) {
      if (taken.includes(name)) {
        yield { path: name, message: 'is a field that the bridge writes itself; use another name' };
      } else if (!/^\p{L}[^\p{Cc}]{0,63}$/u.test(name)) {
        yield {
          path: name,
          message: 'is no name for a field; begin with a letter, and use at most 64 characters',
        };
      }
    }
  }),
);

const RouteSchema: v.GenericSchema<Route> = v.pipe(
  object<Route>(),
  fields({
    environment: Ids,
    view: v.exactOptional(Ids),
    viewName: v.exactOptional(Ids),
    // Glasnostic's domains; see the webhook's event settings in its console.
    domain: v.exactOptional(choice(['VIEWS', 'SEGMENTATION', '*'])),
    metric: v.exactOptional(Ids),
    // The service is also the MessageGroupId of its events:
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
    service: v.exactOptional(Service),
    ignore: v.exactOptional(
      v.literal(true, ({ input }) => `${show(input)} cannot be used; write true, or leave it out`),
    ),
    severity: v.exactOptional(SeveritySchema),
    runbook: v.exactOptional(
      text(
        isRunbook,
        'write an https:// URL of at most 1,000 characters; {environment}, {view} and {metric} may follow its host',
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
    details: v.exactOptional(Details),
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
  crossCheck(function* ignoredWithMore({
    ignore,
    severity,
    runbook,
    details,
    resolveAfterMinutes,
  }) {
    if (ignore === undefined) return;
    const others = { severity, runbook, details, resolveAfterMinutes };
    for (const [path, value] of Object.entries(others)) {
      if (value === undefined) continue;
      yield { path, message: 'means nothing on an ignored route; leave it out' };
    }
  }),
  crossCheck(function* scaledWithoutValue({ domain, severity }) {
    if (domain !== 'SEGMENTATION' || typeof severity !== 'object') return;
    yield {
      path: 'severity.over',
      message:
        'never applies to the domain SEGMENTATION, whose events have no value; write one severity',
    };
  }),
  v.transform(
    ({ service, ignore, severity, runbook, details, resolveAfterMinutes, ...match }): Route => {
      if (service === undefined || ignore !== undefined) return { ...match, ignore: true };
      return {
        ...match,
        service,
        ...(severity === undefined ? {} : { severity }),
        ...(resolveAfterMinutes === undefined ? {} : { resolveAfterMinutes }),
        ...(runbook === undefined ? {} : { runbook }),
        ...(details === undefined ? {} : { details }),
      };
    },
  ),
);

const EXAMPLE = "{ environment: '*', service: 'my-service' }";

/** The routes of a stage, in order. Their type: `lambda/shared/routes.ts`. */
export const Routes: v.GenericSchema<readonly Route[]> = v.pipe(
  list(RouteSchema),
  v.description(`begin with [${EXAMPLE}]`),
  v.nonEmpty(`is empty; every event would be answered 404. Begin with ${EXAMPLE}`),
  crossCheck(hiddenRoutes),
);
