/** The page's JSON endpoints. */

import type { IncomingMessage } from 'node:http';
import * as v from 'valibot';
import { ok, problem, withJson, type Endpoints } from '../json-api.ts';
import type { StandIn } from '../pagerduty/stand-in.ts';
import type { IncidentDetail } from './state.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Sender } from './sender.ts';

const count = (min: number, max: number) =>
  v.pipe(
    v.number('It must be a number.'),
    v.integer('It must be a whole number.'),
    v.minValue(min, `It must be at least ${min}.`),
    v.maxValue(max, `It must be at most ${max}.`),
  );

const sendSchema = v.strictObject({
  view: v.pipe(v.string(), v.trim(), v.nonEmpty('Name a view.'), v.maxLength(100)),
  value: v.pipe(v.number('It must be a number.'), v.finite()),
});

const stormSchema = v.strictObject({
  count: count(1, 20_000),
  views: count(1, 2_000),
  rate: count(1, 500),
});

const idsSchema = v.array(v.pipe(v.string(), v.nonEmpty()));

const replaySchema = v.strictObject({
  ids: v.optional(idsSchema),
  groups: v.optional(idsSchema),
  newestPerIncident: v.optional(v.boolean()),
});

const resolveSchema = v.strictObject({ number: count(1, Number.MAX_SAFE_INTEGER) });

/** What the endpoints act on. */
export interface ConsoleParts {
  readonly sender: Sender;
  readonly deadLetters: DeadLetters;
  /** Absent when events go to another PagerDuty. */
  readonly standIn: StandIn | undefined;
  /** An incident by its number; `undefined` when there is none. */
  readonly incident: (number: number) => Promise<IncidentDetail | undefined>;
}

/** A parameter of a request's query. */
function parameter({ url = '/' }: IncomingMessage, name: string): string | null {
  return new URL(url, 'http://127.0.0.1').searchParams.get(name);
}

/** Makes the endpoints. */
export function consoleEndpoints(parts: ConsoleParts): Endpoints {
  const { sender, deadLetters, standIn } = parts;
  return {
    'POST /api/events': async (request) =>
      withJson(request, sendSchema, async (choice) => ok(await sender.send(choice))),
    'POST /api/storm': async (request) =>
      withJson(request, stormSchema, (choice) =>
        sender.storm(choice)
          ? ok(choice)
          : problem(409, 'Conflict', 'A storm is running; stop it first.'),
      ),
    'POST /api/storm/stop': async (request) =>
      withJson(request, v.strictObject({}), () => {
        sender.stopStorm();
        return ok({});
      }),
    'POST /api/incidents/resolve': async (request) =>
      withJson(request, resolveSchema, ({ number }) =>
        standIn?.resolve(number) === true
          ? ok({ number })
          : problem(404, 'Not Found', `Incident ${number} is not open.`),
      ),
    'GET /api/incident': async (request) => {
      const number = Number(parameter(request, 'number') ?? Number.NaN);
      const incident = await parts.incident(number);
      return incident === undefined
        ? problem(404, 'Not Found', `There is no incident ${number}.`)
        : ok(incident);
    },
    'GET /api/dead-letters': async (request) => {
      const group = parameter(request, 'group');
      return ok(group === null ? await deadLetters.view() : await deadLetters.group(group));
    },
    'POST /api/dead-letters/replay': async (request) =>
      withJson(request, replaySchema, async (choice) => {
        const answer = await deadLetters.replay(choice);
        return answer === undefined
          ? problem(409, 'Conflict', 'Another replay is running; wait until it ends.')
          : ok(answer);
      }),
  };
}
