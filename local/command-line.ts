/** The command line of `npm start`. */

import { parseArgs } from 'node:util';

import { isIntegrationKey } from '../lambda/pagerduty/integration-key.ts';
import { fitsUrlPath } from '../lambda/shared/webhook-token.ts';

/** Port of the local bridge; the operator's commands use it too. */
const DEFAULT_PORT = 4100;

/** Printed by `--help` and after each usage error. */
export const USAGE = `Usage: npm start -- [options]

Runs the bridge on this machine: the template and the code that would be deployed, without AWS.
It listens on 127.0.0.1 only, and serves until Ctrl-C.

  --port <number>            port of the webhook and the console (default ${DEFAULT_PORT}; 0: a free one)
  --token <text>             token of the webhook URL (default: generated)
  --pagerduty-url <url>      deliver there instead of to the stand-in for PagerDuty;
                             https://events.pagerduty.com is the real one
  --integration-key <key>    integration key for every service (default: generated). Other users of
                             this machine can see it; better set INTEGRATION_KEY in the environment
  --no-sample                do not send the sample event
  --quiet                    print nothing after "ready"
  --help                     show this text
`;

/** Options of `npm start`. */
export interface StartOptions {
  readonly port: number;
  readonly token?: string;
  readonly pagerDutyUrl?: string;
  readonly integrationKey?: string;
  readonly sendSample: boolean;
  /** Print nothing while it serves. */
  readonly isQuiet: boolean;
}

/** An error in the command line; the message names the option and the fix. */
export class UsageError extends Error {}

function readPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new UsageError(`--port takes a number from 0 to 65535, not "${text}".`);
}

function readToken(text: string): string {
  if (fitsUrlPath(text) && text.length >= 8 && text.length <= 256) return text;
  throw new UsageError('--token takes 8 to 256 letters, digits, and any of - _ . ~');
}

function readBaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isBase =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    `${url.pathname}${url.search}${url.hash}${url.username}` === '/';
  if (isBase) return url.origin;
  throw new UsageError(
    `--pagerduty-url takes a base URL without a path, such as https://events.pagerduty.com, not "${text}".`,
  );
}

function readIntegrationKey(text: string, source: string): string {
  if (isIntegrationKey(text)) return text;
  // Without the key itself, because errors can get into logs.
  throw new UsageError(
    `${source} has ${text.length} characters that are no integration key: it takes 32 letters and digits, from the service's "Events API v2" integration. A key of 20 characters is one of the REST API, and does not work here.`,
  );
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: 'string', default: String(DEFAULT_PORT) },
        token: { type: 'string' },
        'pagerduty-url': { type: 'string' },
        'integration-key': { type: 'string' },
        'no-sample': { type: 'boolean', default: false },
        quiet: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/**
 * Reads the command line.
 *
 * @param env for `INTEGRATION_KEY`; the option has precedence
 * @returns the options, or `help` when `--help` is among them
 * @throws UsageError
 */
export function readCommandLine(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): StartOptions | 'help' {
  const values = parse(args);
  if (values.help) return 'help';
  const { token, 'pagerduty-url': url, 'integration-key': option } = values;
  const fromEnv = env['INTEGRATION_KEY'] === '' ? undefined : env['INTEGRATION_KEY'];
  const source = option === undefined ? 'INTEGRATION_KEY' : '--integration-key';
  const text = option ?? fromEnv;
  const key = text === undefined ? undefined : readIntegrationKey(text, source);
  if (url !== undefined && key === undefined) {
    throw new UsageError(
      'With --pagerduty-url, an integration key of that PagerDuty is needed: set INTEGRATION_KEY in the environment, or give --integration-key.',
    );
  }
  return {
    port: readPort(values.port),
    ...(token === undefined ? {} : { token: readToken(token) }),
    ...(url === undefined ? {} : { pagerDutyUrl: readBaseUrl(url) }),
    ...(key === undefined ? {} : { integrationKey: key }),
    sendSample: !values['no-sample'],
    isQuiet: values.quiet,
  };
}
