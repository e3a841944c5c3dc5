/**
 * Moves from the vendor's sample handler: its `env.yml` maps environments and views to integration
 * keys, which become routes to services and a secret of keys.
 */

import { isIntegrationKey } from '../lambda/pagerduty/integration-key.ts';
import { isJsonObject } from '../lambda/shared/json.ts';
import type { ServiceRoute } from '../lambda/shared/routes.ts';
import { show } from './fields.ts';

/** What of an `env.yml` goes where. */
export interface Migration {
  /** Routes of the stage, one a view, in the order of the file. */
  readonly routes: readonly ServiceRoute[];
  /** Integration keys by service: the text of the keys' secret. */
  readonly keys: Readonly<Record<string, string>>;
}

/** The setting of `env.yml` that holds the mapping, as JSON in quotes. */
const SETTING = 'glasnostic-webhook-config:';

function readMapping(envYml: string): unknown {
  const from = envYml.indexOf(SETTING);
  if (from === -1)
    throw new Error(`The file has no setting ${SETTING} Is it the handler's env.yml?`);
  const json = envYml.slice(envYml.indexOf('{', from), envYml.lastIndexOf('}') + 1);
  try {
    // In single quotes, YAML writes a quote twice; in double quotes, it escapes the quotes of JSON.
    const value: unknown = JSON.parse(json.replaceAll("''", "'").replaceAll('\\"', '"'));
    return value;
  } catch {
    // Without the parser's message: it repeats the text, and the text holds keys.
    throw new Error(`The value of ${SETTING} is not JSON.`);
  }
}

/**
 * Turns the mapping into routes and keys. Views with the same key share a service, which gets a
 * made-up name, since the mapping has none. The severity is the handler's.
 *
 * @throws Error naming what of the file cannot be used, never a key
 */
export function migrateSampleHandler(envYml: string): Migration {
  const mapping = readMapping(envYml);
  if (!isJsonObject(mapping)) throw new Error(`The value of ${SETTING} is not an object.`);
  const services = new Map<string, string>();
  const routes: ServiceRoute[] = [];
  for (const [environment, views] of Object.entries(mapping)) {
    if (!isJsonObject(views)) throw new Error(`Environment ${show(environment)} has no views.`);
    for (const [view, key] of Object.entries(views)) {
      if (typeof key !== 'string' || !isIntegrationKey(key)) {
        throw new Error(
          `View ${show(view)} of environment ${show(environment)} has no integration key of 32 letters and digits.`,
        );
      }
      const service = services.get(key) ?? `service-${services.size + 1}`;
      services.set(key, service);
      // What the handler does not take, segmentation events, is not taken here either.
      routes.push({ environment, view, service, severity: 'warning' });
    }
  }
  if (routes.length === 0) throw new Error('The mapping has no views.');
  const keys = Object.fromEntries([...services].map(([key, service]) => [service, key]));
  return { routes, keys };
}

/** Writes the source of a stage with these routes. */
export function stageSource(name: string, routes: readonly ServiceRoute[]): string {
  const lines = routes.map(
    ({ environment, view, service, severity }) =>
      `    { environment: ${JSON.stringify(environment)}, view: ${JSON.stringify(view)}, service: ${JSON.stringify(service)}, severity: ${JSON.stringify(severity)} },`,
  );
  return [
    "import { defineStage } from './define-stage.ts';",
    '',
    "/** From the vendor's sample handler. */",
    'export const stage = defineStage({',
    `  name: ${JSON.stringify(name)},`,
    '  routes: [',
    ...lines,
    '  ],',
    '});',
    '',
  ].join('\n');
}
