import { createHash, timingSafeEqual } from 'node:crypto';

import { errorFields, type Log } from '../shared/log.ts';
import { type Cached, cached, type ReadSecret, SECRET_TIME_TO_LIVE } from '../shared/secret.ts';
import { fitsUrlPath, UNFIT_TOKEN } from '../shared/webhook-token.ts';
import type { BodyStart } from './request.ts';

/** The accepted tokens: the current one, and the previous one after a rotation. */
export type Tokens = readonly string[];

/**
 * Reads both versions of the token and removes white space around them, such as the line break at
 * the end of a file. Rejects when a version cannot be read.
 */
export async function readTokens(read: ReadSecret): Promise<Tokens> {
  const [current, previous] = await Promise.all([read('AWSCURRENT'), read('AWSPREVIOUS')]);
  return [current, previous].flatMap((token) => token?.trim() || []);
}

/**
 * Age from which a token does not count any more if the secret cannot be read again, milliseconds. A
 * revoked token is accepted no longer than this, whatever fails.
 */
const LONGEST_TOKEN_AGE = 15 * 60_000;

/** Shortest time between two reads because of an unknown token, milliseconds. */
export const REFRESH_INTERVAL = 10_000;

/** Caches the accepted tokens. Each read logs an error if the current token does not fit a URL. */
export function tokenCache(options: {
  readonly readSecret: ReadSecret;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}): Cached<Tokens> {
  const { readSecret, log, now } = options;
  return cached({
    read: async () => {
      const tokens = await readTokens(readSecret);
      const [current] = tokens;
      if (current !== undefined && !fitsUrlPath(current)) log.error(UNFIT_TOKEN, {});
      return tokens;
    },
    timeToLive: SECRET_TIME_TO_LIVE,
    longestAge: LONGEST_TOKEN_AGE,
    refreshInterval: REFRESH_INTERVAL,
    now,
    onStale: (error) =>
      log.error(
        'The webhook token could not be read again; the old one stays in use',
        errorFields(error),
      ),
  });
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * True if a token is one of the accepted tokens. Its duration reveals nothing to an attacker: it
 * always compares all digests, and all digests have the same length.
 */
export function isAccepted(token: string, accepted: Tokens): boolean {
  const own = digest(token);
  let found = false;
  for (const other of accepted) found = timingSafeEqual(own, digest(other)) || found;
  return found;
}

/** Checks a token. Resolves to all accepted tokens if it is one of them, else to `undefined`. */
export type TokenVerifier = (token: string) => Promise<Tokens | undefined>;

/**
 * Checks tokens against the cached secret. An unknown token may be newer than the cached ones, so
 * it makes the cache read the secret again. The cache limits how often, so that many wrong tokens
 * do not cause many reads.
 *
 * @returns a function that rejects when the secret cannot be read and the token is not in the cache
 */
export function tokenVerifier(tokens: Cached<Tokens>): TokenVerifier {
  return async (token) => {
    const cachedTokens = await tokens.get();
    if (isAccepted(token, cachedTokens)) return cachedTokens;
    const newest = await tokens.refresh();
    if (isAccepted(token, newest)) return newest;
    // The token may be wrong or new. The sender must keep the event and send it again.
    if (tokens.isStale()) throw new Error('The token is unknown, and the secret cannot be read.');
    return undefined;
  };
}

/** Shortest token that ordinary text does not contain by accident, characters. */
const MIN_DISTINCT_LENGTH = 16;

/** A token as it can stand in JSON: as it is, with `\/` for each slash, or encoded for a URL. */
function formsOf(token: string): readonly string[] {
  const encoded = encodeURIComponent(token.toWellFormed());
  return [...new Set([token, token.replaceAll('/', String.raw`\/`), encoded])];
}

/**
 * Replaces the tokens in an event's JSON text. Glasnostic repeats the webhook's URL, which contains
 * the token, in every event. The token must not get to the queue, to logs or to PagerDuty.
 */
export function redactTokens(eventJson: string, tokens: Tokens): string {
  const replacement = '[token]';
  let text = eventJson;
  for (const token of tokens.flatMap(formsOf)) {
    text =
      token.length >= MIN_DISTINCT_LENGTH
        ? text.replaceAll(token, replacement)
        : // Only a local bridge has such a short token. It may also be the name of a field.
          text
            .replaceAll(`/webhook/${token}`, `/webhook/${replacement}`)
            .replaceAll(`\\/webhook\\/${token}`, `\\/webhook\\/${replacement}`);
  }
  return text;
}

/**
 * Replaces the tokens in the beginning of a body. If there is more of the body, it leaves out the
 * end, which could be a part of a token.
 */
export function redactStart({ text, isWhole }: BodyStart, tokens: Tokens): string {
  const redacted = redactTokens(text, tokens);
  if (isWhole) return redacted;
  const longest = Math.max(0, ...tokens.flatMap(formsOf).map(({ length }) => length));
  return redacted.slice(0, Math.max(0, redacted.length - longest));
}
