import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { type GlasnosticEvent, parseEvent } from '../../lambda/glasnostic/event.ts';
import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';

/** The text of a sample event: `view-threshold`, `view-limit` or `segmentation`. */
export function sampleText(name: string): string {
  return readFileSync(join(import.meta.dirname, `../samples/${name}.json`), 'utf8');
}

/** A sample event as a JSON object. */
export function sample(name: string): JsonObject {
  const value: unknown = JSON.parse(sampleText(name));
  if (!isJsonObject(value)) throw new Error(`The sample ${name} is not an object.`);
  return value;
}

/** Glasnostic's event for an exceeded threshold, with other content, view or fields. */
export function thresholdBody(
  changes: {
    readonly environment?: unknown;
    readonly webhook?: unknown;
    readonly content?: unknown;
    readonly view?: unknown;
    readonly time?: unknown;
    readonly more?: JsonObject;
  } = {},
): JsonObject {
  const { environment, webhook, content, view, time, more } = {
    environment: { id: 'YegltGN8vgAK8THi', name: 'Online Boutique' },
    webhook: { id: 1, url: 'https://<xyz>' },
    content: { metric: 'requests', threshold: 30, unit: 'r/s', value: 42 },
    view: { id: '4', name: 'Recommendation-Frontend' },
    time: '2022-04-03T17:52:24Z',
    more: {},
    ...changes,
  };
  return {
    type: 'EVENT',
    time,
    environment,
    webhook,
    event: { time, domain: 'VIEWS', content, view },
    ...more,
  };
}

/** Parses an event. @throws Error with the errors when it is not one */
export function eventOf(body: JsonObject): GlasnosticEvent {
  const parsed = parseEvent(body);
  if (parsed.outcome !== 'event') throw new Error(`Not an event: ${JSON.stringify(parsed)}`);
  return parsed.event;
}
