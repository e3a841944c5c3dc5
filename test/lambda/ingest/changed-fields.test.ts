/**
 * Glasnostic changes a field: each field of its documented events is removed, renamed or replaced
 * with a value of another type. The event must still become a page.
 */

import { describe, expect, test } from '@jest/globals';

import { readCandidate } from '../../../lambda/delivery/candidate.ts';
import { translate } from '../../../lambda/pagerduty/translate.ts';
import { isJsonObject, type JsonObject } from '../../../lambda/shared/json.ts';
import { type Route, routeTable } from '../../../lambda/shared/routes.ts';
import { sample } from '../../support/glasnostic.ts';
import { ingestBench } from '../../support/ingest.ts';
import { KEY } from '../../support/pagerduty-event.ts';
import { pagerDutyProblems } from '../../support/pagerduty-rules.ts';

const ROUTES: readonly Route[] = [{ environment: 'YegltGN8vgAK8THi', service: 'shop' }];

/** A value that no field of Glasnostic has. It must get to the responder. */
const ODD = 'odd-value-7';

type Change = (parent: Record<string, unknown>, name: string) => void;

const CHANGES: Readonly<Record<string, Change>> = {
  removed: (parent, name) => {
    delete parent[name];
  },
  'null now': (parent, name) => {
    parent[name] = null;
  },
  renamed: (parent, name) => {
    parent[`new_${name}`] = ODD;
    delete parent[name];
  },
  'a list now': (parent, name) => {
    parent[name] = [ODD];
  },
  'an object now': (parent, name) => {
    parent[name] = { new: ODD };
  },
  'an odd text now': (parent, name) => {
    parent[name] = ODD;
  },
};

/** Paths of all fields of an event, except those that it must have. */
function pathsIn(object: JsonObject, prefix = ''): readonly string[] {
  return Object.entries(object).flatMap(([name, value]) => {
    const path = `${prefix}${name}`;
    const inner = isJsonObject(value) ? pathsIn(value, `${path}.`) : [];
    return ['environment', 'environment.id'].includes(path) ? inner : [path].concat(inner);
  });
}

function changed(event: JsonObject, path: string, change: Change): JsonObject {
  const copy: Record<string, unknown> = structuredClone({ ...event });
  const names = path.split('.');
  let parent = copy;
  for (const name of names.slice(0, -1)) parent = Object(parent[name]);
  change(parent, names.at(-1) ?? '');
  return copy;
}

const CASES = ['view-threshold', 'view-limit', 'segmentation'].flatMap((name) =>
  pathsIn(sample(name)).flatMap((path) =>
    Object.entries(CHANGES).map(
      ([what, change]) =>
        [`${name}: ${path} ${what}`, changed(sample(name), path, change)] as const,
    ),
  ),
);

/** The JSON of the alert that delivery makes of an event that ingest has put on the queue. */
function alertOf(message: { readonly body: string; readonly groupId: string }): string {
  const queued = { messageId: 'm', receiptHandle: 'h', receiveCount: 1, sentAt: 0 };
  const read = readCandidate({ ...queued, ...message }, routeTable(ROUTES));
  if (read.kind !== 'candidate') throw new Error(read.undeliverable.detail);
  const { event, severity, receivedAt, dedupKey } = read.candidate;
  const consoleUrl = 'https://app.glasnostic.com';
  const now = Date.parse(receivedAt);
  return JSON.stringify(
    translate(event, {
      integrationKey: KEY,
      dedupKey,
      severity,
      ownSeverity: severity,
      consoleUrl,
      receivedAt,
      now,
    }),
  );
}

test('there are enough cases to be sure', () => {
  expect(CASES.length).toBeGreaterThan(200);
});

describe('is accepted, and shown to the responder', () => {
  test.each(CASES)('%s', async (title, body) => {
    // The type is what says that this is an event, and the webhook's URL contains the token.
    const isOtherType = body['type'] === ODD;
    const { post, sent } = ingestBench({ routes: ROUTES });
    const answer = await post({ body: JSON.stringify(body) });
    expect(answer.statusCode).toBe(isOtherType ? 200 : 202);
    for (const message of sent) {
      const alert = alertOf(message);
      expect(pagerDutyProblems(alert)).toEqual([]);
      const isSent = JSON.stringify(body).includes(ODD);
      const isHidden = /webhook\.url (?!renamed)/.test(title);
      expect(alert.includes(ODD)).toBe(isSent && !isHidden);
    }
  });
});
