/** What the page can ask for. */

import * as v from 'valibot';
import { ok, problem, withJson, type Endpoints } from '../json-api.ts';
import type { IncidentWatch } from './incidents.ts';
import type { LetterDesk } from './dead-letters.ts';
import type { Sender } from './sender.ts';

/** As the route and the stage bound what a view is called; a person typed it. */
const viewId = v.pipe(v.string(), v.trim(), v.nonEmpty('Name a view.'), v.maxLength(100));

const count = (min: number, max: number) =>
  v.pipe(
    v.number('It must be a number.'),
    v.integer('It must be a whole number.'),
    v.minValue(min, `It must be at least ${min}.`),
    v.maxValue(max, `It must be at most ${max}.`),
  );

const sendSchema = v.strictObject({
  view: viewId,
  value: v.pipe(v.number('It must be a number.'), v.finite()),
});

const stormSchema = v.strictObject({
  count: count(1, 20_000),
  views: count(1, 2_000),
  rate: count(1, 500),
});

const replaySchema = v.strictObject({
  ids: v.optional(v.array(v.pipe(v.string(), v.nonEmpty()))),
  newestPerIncident: v.optional(v.boolean()),
});

const resolveSchema = v.strictObject({ number: count(1, Number.MAX_SAFE_INTEGER) });

/** What the endpoints work with. */
export interface ConsoleParts {
  readonly sender: Sender;
  readonly letters: LetterDesk;
  /** Absent when events go to another PagerDuty. */
  readonly incidents: IncidentWatch | undefined;
}

/** The page's endpoints. */
export function consoleEndpoints({ sender, letters, incidents }: ConsoleParts): Endpoints {
  return {
    'POST /api/events': async (request) =>
      withJson(request, sendSchema, async (choice) => ok(await sender.send(choice))),
    'POST /api/storm': async (request) =>
      withJson(request, stormSchema, (choice) =>
        sender.storm(choice)
          ? ok(choice)
          : problem(409, 'Conflict', 'A storm is under way; stop it first.'),
      ),
    'POST /api/storm/stop': async (request) =>
      withJson(request, v.strictObject({}), () => {
        sender.calm();
        return ok({});
      }),
    'POST /api/incidents/resolve': async (request) =>
      withJson(request, resolveSchema, ({ number }) =>
        incidents?.resolve(number) === true
          ? ok({ number })
          : problem(404, 'Not Found', `Incident ${number} is not open.`),
      ),
    'GET /api/dead-letters': async () => ok(await letters.view()),
    'POST /api/dead-letters/replay': async (request) =>
      withJson(request, replaySchema, async (choice) => {
        const answer = await letters.replay(choice);
        return answer === undefined
          ? problem(409, 'Conflict', 'Another replay is under way; wait until it ends.')
          : ok(answer);
      }),
  };
}
