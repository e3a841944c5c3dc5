/**
 * Moves from the vendor's sample handler. Its `env.yml` maps environments and views to integration
 * keys, as JSON text: https://github.com/glasnostic/webhook-handler.
 * The mapping becomes routes to services, and a secret of integration keys.
 */

import { LineCounter, parseDocument } from 'yaml';
import { isIntegrationKey } from '../lambda/pagerduty/integration-key.ts';
import { isJsonObject } from '../lambda/shared/json.ts';
import type { ServiceRoute } from '../lambda/shared/routes.ts';
import { show } from './fields.ts';

/** Routes and integration keys of a mapping. */
export interface Migration {
  /** Routes of the stage: one per environment and service, with all views that it has. */
  readonly routes: readonly ServiceRoute[];
  /** Integration keys by service: the text of the secret of integration keys. */
  readonly keys: Readonly<Record<string, string>>;
}

/** The setting of `env.yml` that holds a mapping. */
const SETTING = 'glasnostic-webhook-config';

// No message of a parser is passed on: it repeats the text, and the text holds integration keys.

function parseYaml(envYml: string): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(envYml, {
    lineCounter,
    // Every scalar is text: an ID such as 007, or a key of digits alone, stays as it is written.
    schema: 'failsafe',
    merge: true,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line } = lineCounter.linePos(error.pos[0]);
    throw new Error(`The file is not YAML: line ${line} (${error.code}).`);
  }
  return document.toJS();
}

/**
 * The mappings of a file by name: the settings that lead to it, without the handler's own where
 * there are others. `staging` is the mapping of `staging: { glasnostic-webhook-config: … }` and of
 * `glasnostic-webhook-config: { staging: … }`.
 */
function findMappings(
  settings: unknown,
  path: readonly string[] = [],
): readonly (readonly [name: string, mapping: unknown])[] {
  if (!isJsonObject(settings)) return [];
  return Object.entries(settings).flatMap(([key, value]) => {
    if (!key.startsWith(SETTING)) return findMappings(value, [...path, key]);
    const own = key === SETTING ? path : [...path, key];
    // A mapping that is YAML has environments below it, and each of them has views.
    const parts =
      isJsonObject(value) && Object.values(value).some((part) => typeof part === 'string')
        ? Object.entries(value)
        : [['', value] as const];
    return parts.map(([part, mapping]) => {
      const name = [...own, part].filter((word) => word !== '').join('.');
      return [name === '' ? SETTING : name, mapping] as const;
    });
  });
}

function chooseMapping(envYml: string, wanted: string | undefined): unknown {
  const mappings = findMappings(parseYaml(envYml));
  const [first] = mappings;
  if (first === undefined) {
    throw new Error(`The file has no setting ${SETTING}. Is it the handler's env.yml?`);
  }
  const names = mappings.map(([name]) => name).join(', ');
  if (wanted === undefined) {
    if (mappings.length === 1) return first[1];
    throw new Error(
      `The file has ${mappings.length} mappings: ${names}. Choose one: --mapping ${first[0]}`,
    );
  }
  const found = mappings.find(([name]) => name === wanted);
  if (found !== undefined) return found[1];
  throw new Error(`The file has no mapping ${show(wanted)}. There is: ${names}.`);
}

function readMapping(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const [reference] = /^\$\{[^{}]*\}$/.exec(value.trim()) ?? [];
  if (reference !== undefined) {
    throw new Error(
      `The mapping is the reference ${reference}. Write the JSON text that it stands for into the file.`,
    );
  }
  try {
    return JSON.parse(value);
  } catch {
    throw new Error('The mapping is not JSON.');
  }
}

/**
 * Turns a mapping into routes and integration keys. Views with the same key share a service, which
 * gets a made-up name, since the mapping has none. The severity is the handler's.
 *
 * @param wanted name of the mapping, for a file that has several
 * @throws Error that says what cannot be used; it never contains a key
 */
export function migrateSampleHandler(envYml: string, wanted?: string): Migration {
  const mapping = readMapping(chooseMapping(envYml, wanted));
  if (!isJsonObject(mapping)) throw new Error('The mapping is not an object.');
  const services = new Map<string, string>();
  const groups = new Map<string, { environment: string; service: string; views: string[] }>();
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
      // A service name has no blanks.
      const id = `${environment} ${service}`;
      const group = groups.get(id) ?? { environment, service, views: [] };
      group.views.push(view);
      groups.set(id, group);
    }
  }
  if (groups.size === 0) throw new Error('The mapping has no views.');
  const keys = Object.fromEntries([...services].map(([key, service]) => [service, key]));
  // The handler ignores segmentation events, which have no view: so do these routes.
  const routes = [...groups.values()].map(({ environment, service, views }): ServiceRoute => {
    const [first = '', ...others] = views;
    return {
      environment,
      view: others.length === 0 ? first : views,
      service,
      severity: 'warning',
    };
  });
  return { routes, keys };
}

function viewText(view: ServiceRoute['view']): string {
  if (typeof view === 'string' || view === undefined) return JSON.stringify(view);
  return `[${view.map((id) => JSON.stringify(id)).join(', ')}]`;
}

/** Writes the source of a stage with these routes. */
export function stageSource(name: string, routes: readonly ServiceRoute[]): string {
  const lines = routes.map(
    ({ environment, view, service, severity }) =>
      `    { environment: ${JSON.stringify(environment)}, view: ${viewText(view)}, service: ${JSON.stringify(service)}, severity: ${JSON.stringify(severity)} },`,
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
