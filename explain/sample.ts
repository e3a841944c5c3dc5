import type { JsonObject } from '../lambda/shared/json.ts';

/** The fields of an event that decide what becomes of it. */
export interface EventFields {
  readonly environment: string;
  readonly view?: string | undefined;
  readonly viewName?: string | undefined;
  /** @default 'VIEWS' */
  readonly domain?: string | undefined;
  readonly metric?: string | undefined;
  readonly value?: number | undefined;
  readonly threshold?: number | undefined;
}

/**
 * An event with these fields, as Glasnostic documents it. It has no unit, and no name of the
 * environment.
 *
 * @param now milliseconds since 1970
 */
export function eventOf(fields: EventFields, now: number): JsonObject {
  const { environment, view, viewName, domain = 'VIEWS', metric, value, threshold } = fields;
  const time = new Date(now).toISOString();
  return {
    type: 'EVENT',
    time,
    environment: { id: environment },
    webhook: { id: 1, parameter: { domain, viewId: view, metric, threshold } },
    event: {
      time,
      domain,
      content: { metric, threshold, value },
      ...(view === undefined && viewName === undefined
        ? {}
        : { view: { id: view, name: viewName } }),
    },
  };
}
