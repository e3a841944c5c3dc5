/** The values that a stack's secrets start with. */

import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ENV, ROUTES_FILE } from '../../lambda/shared/environment.ts';
import { readRoutes } from '../../lambda/shared/routes.ts';
import type { SecretStore } from './store.ts';
import type { BridgeOptions } from '../bridge-options.ts';
import type { GeneratedSecret, StackModel } from '../stack/model.ts';
import { textMap } from '../stack/values.ts';

const LOWERCASE = 'abcdefghijklmnopqrstuvwxyz';
const UPPERCASE = LOWERCASE.toUpperCase();
const DIGITS = '0123456789';
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

function pick(characters: string, length: number): string {
  return Array.from({ length }, () => characters[randomInt(characters.length)]).join('');
}

/** A value as Secrets Manager would generate it. */
export function generateSecret(rules: GeneratedSecret): string {
  const characters = [
    rules.excludeLowercase ? '' : LOWERCASE,
    rules.excludeUppercase ? '' : UPPERCASE,
    rules.excludeNumbers ? '' : DIGITS,
    rules.excludePunctuation ? '' : PUNCTUATION,
  ]
    .join('')
    .split('')
    .filter((character) => !rules.excludeCharacters.includes(character))
    .join('');
  return pick(characters, rules.length);
}

/** An integration key as PagerDuty makes them: 32 alphanumeric characters. */
export function generateIntegrationKey(): string {
  return pick(LOWERCASE + DIGITS, 32);
}

/** The services that a stack's routes send events to, each once. */
function servicesOf({ functions }: StackModel): readonly string[] {
  const folder = functions.find(
    ({ environment }) => ENV.integrationKeysSecretArn in environment,
  )?.codeFolder;
  if (folder === undefined) return [];
  const routes = readRoutes(readFileSync(join(folder, ROUTES_FILE), 'utf8'));
  return [...new Set(routes.flatMap((route) => ('service' in route ? [route.service] : [])))];
}

function initialKeys(
  model: StackModel,
  given: BridgeOptions['integrationKeys'],
): Readonly<Record<string, string>> {
  if (typeof given === 'object') return given;
  return Object.fromEntries(
    servicesOf(model).map((service) => [service, given ?? generateIntegrationKey()]),
  );
}

/** Value of a variable that some function of the stack has. */
function variable({ functions }: StackModel, name: string): string {
  const value = functions
    .map(({ environment }) => environment[name])
    .find((text) => text !== undefined);
  if (value === undefined) throw new Error(`No function of the template has the variable ${name}.`);
  return value;
}

/**
 * Creates the stack's secrets: the webhook token, the integration keys, and whatever else it has.
 *
 * @returns the token, and the ARN of the secret that holds the keys
 */
export function fillSecrets(
  model: StackModel,
  store: SecretStore,
  options: Pick<BridgeOptions, 'token' | 'integrationKeys'>,
): { readonly token: string; readonly keysArn: string } {
  const tokenArn = variable(model, ENV.webhookTokenSecretArn);
  const keysArn = variable(model, ENV.integrationKeysSecretArn);
  for (const { arn, name, initial } of model.secrets) {
    let text = typeof initial === 'string' ? initial : generateSecret(initial);
    if (arn === tokenArn) text = options.token ?? text;
    if (arn === keysArn) text = JSON.stringify(initialKeys(model, options.integrationKeys));
    store.create(arn, name, text);
  }
  return { token: store.get(tokenArn).text, keysArn };
}

/**
 * Makes the stand-in's lookup of keys: it knows those that the secret holds now, so a rotation
 * takes the old ones away.
 */
export function serviceOfKey(
  store: SecretStore,
  keysArn: string,
): (integrationKey: string) => string | undefined {
  let read = { text: '', services: new Map<string, string>() };
  return (integrationKey) => {
    const { text } = store.get(keysArn);
    if (text !== read.text) {
      const keys: unknown = JSON.parse(text);
      const services = Object.entries(textMap(keys)).map(
        ([service, key]) => [key, service] as const,
      );
      read = { text, services: new Map(services) };
    }
    return read.services.get(integrationKey);
  };
}
