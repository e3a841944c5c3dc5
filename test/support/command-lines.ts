/** Checks of command lines of other tools: their commands and options exist. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as cloudwatch from '@aws-sdk/client-cloudwatch';
import * as logs from '@aws-sdk/client-cloudwatch-logs';
import * as secretsmanager from '@aws-sdk/client-secrets-manager';
import * as sqs from '@aws-sdk/client-sqs';
import * as v from 'valibot';

import { ROOT, textOf } from './markdown.ts';

const commandSchema = v.object({
  arg: v.optional(v.unknown()),
  options: v.optional(v.record(v.string(), v.unknown())),
});

const registrySchema = v.object({
  commands: v.record(v.string(), commandSchema),
  globalOptions: v.record(v.string(), v.unknown()),
});

/** The options of the installed `aws-cdk`, as its command-line parser has them. */
const REGISTRY = v.parse(
  registrySchema,
  JSON.parse(textOf('node_modules/aws-cdk/lib/cli/cli-type-registry.json')),
);

function optionsOf(line: string): readonly string[] {
  return [...line.matchAll(/(?<= )--([\w-]+)/g)].map(([, option = '']) => option);
}

/** Errors in the arguments of `npx cdk`: an unknown command or option, or an argument too many. */
export function cdkErrors(args: string): readonly string[] {
  const [name = '', next] = args.split(' ');
  const command = REGISTRY.commands[name];
  if (command === undefined) return [`cdk has no command ${name}`];
  const known = { ...REGISTRY.globalOptions, ...command.options };
  const extra = next !== undefined && !next.startsWith('--') && command.arg === undefined;
  return [
    ...(extra ? [`cdk ${name} takes no argument ${next}`] : []),
    ...optionsOf(args)
      .filter((option) => !(option in known))
      .map((option) => `cdk ${name} has no option --${option}`),
  ];
}

/** As the AWS CLI derives the names of its options: `SourceArn` is `--source-arn`. */
function kebabCase(name: string): string {
  return name.replaceAll(/(?<=.)[A-Z]/g, (capital) => `-${capital}`).toLowerCase();
}

function pascalCase(name: string): string {
  return name.replaceAll(/(?:^|-)([a-z])/g, (_, initial: string) => initial.toUpperCase());
}

/** Names in the schema of an operation's input, which the SDK has for its serializer. */
const inputSchema = v.pipe(
  v.array(v.unknown()),
  v.transform((schema) => schema[4]),
  v.array(v.string()),
);

/** Options of the AWS CLI itself that the documents use. */
const AWS_OWN = ['profile', 'region', 'query', 'output'];

/** The clients of the SDK by the service's name in the AWS CLI. */
const CLIENTS = new Map<string, object>([
  ['cloudwatch', cloudwatch],
  ['logs', logs],
  ['secretsmanager', secretsmanager],
  ['sqs', sqs],
]);

/**
 * Errors in the arguments of `aws`, compared with the clients of the SDK: an unknown operation or
 * parameter.
 */
export function awsErrors(args: string): readonly string[] {
  const [service = '', operation = ''] = args.split(' ');
  const client = CLIENTS.get(service);
  if (client === undefined) return [`no client to compare aws ${service} with`];
  const schema: unknown = ['Request', 'Input']
    .map((end): unknown => Reflect.get(client, `${pascalCase(operation)}${end}$`))
    .find((found) => found !== undefined);
  if (schema === undefined) return [`aws ${service} has no operation ${operation}`];
  const known = [...v.parse(inputSchema, schema).map(kebabCase), ...AWS_OWN];
  return optionsOf(args)
    .filter((option) => !known.includes(option))
    .map((option) => `aws ${service} ${operation} has no option --${option}`);
}

/** Options of `curl` that the documents use, and what they add to a request. */
const CURL_OPTION = / (?:-i|-H '(?<header>[^':]+): (?<value>[^']*)'|--data @(?<file>\S+))(?= )/g;

/**
 * The request that a line with `curl` sends, for `fetch`, so that a test needs no `curl`.
 *
 * @throws Error if the line has an option that is not in {@link CURL_OPTION}.
 */
export function curlRequest(line: string): { address: string; init: RequestInit } {
  const headers: Record<string, string> = {};
  let body: Buffer | undefined;
  for (const { groups } of line.matchAll(CURL_OPTION)) {
    if (groups?.['header'] !== undefined) headers[groups['header']] = groups['value'] ?? '';
    if (groups?.['file'] !== undefined) body = readFileSync(join(ROOT, groups['file']));
  }
  const [, address] = /^curl (http\S+)$/.exec(line.replaceAll(CURL_OPTION, '')) ?? [];
  if (address === undefined) throw new Error(`Not understood: ${line}`);
  return { address, init: body === undefined ? { headers } : { method: 'POST', headers, body } };
}
