import { createHash, timingSafeEqual } from 'node:crypto';

import type { Cached, ReadSecret } from '../shared/secret.ts';

/** The tokens that are accepted: the current one, and the one before it during a rotation. */
export type Tokens = readonly string[];

/**
 * Reads both versions of the token, without blanks around them: a file with the new one ends in a
 * line break. Rejects when the current one cannot be read.
 */
export async function readTokens(read: ReadSecret): Promise<Tokens> {
  const [current, previous] = await Promise.all([read('AWSCURRENT'), read('AWSPREVIOUS')]);
  return [current, previous].flatMap((token) => token?.trim() || []);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * Whether a token is one of the accepted, in a time that depends neither on where it differs nor on
 * which one matches: digests have one length, and all are compared.
 */
export function isAccepted(token: string, accepted: Tokens): boolean {
  const own = digest(token);
  let found = false;
  for (const other of accepted) found = timingSafeEqual(own, digest(other)) || found;
  return found;
}

/** Answers whether a request may come in: with all accepted tokens if so, else with `undefined`. */
export type TokenVerifier = (token: string) => Promise<Tokens | undefined>;

/**
 * Checks tokens against the cached secret, and reads it again when an unknown one comes: it may be
 * newer than what we know. The cache limits how often, so that a flood of wrong tokens does not
 * become a flood of reads. Rejects when the secret has never been read and cannot be, and when an
 * unknown token comes while it cannot be read again.
 */
export function tokenVerifier(tokens: Cached<Tokens>): TokenVerifier {
  return async (token) => {
    const known = await tokens.get();
    if (isAccepted(token, known)) return known;
    const newest = await tokens.refresh();
    if (isAccepted(token, newest)) return newest;
    // Nobody knows whether it is wrong or new: the sender must keep the event and try again.
    if (tokens.isStale()) throw new Error('The token is unknown, and the secret cannot be read.');
    return undefined;
  };
}

/** The shortest token that can be told from ordinary text. */
const MIN_DISTINCT_LENGTH = 16;

/**
 * Takes the tokens out of an event's JSON text. Glasnostic repeats the webhook's URL in every
 * event, and with it the token, which must not travel to the queue, to logs or to PagerDuty.
 */
export function redactTokens(eventJson: string, tokens: Tokens): string {
  const hidden = '[token]';
  let text = eventJson;
  for (const token of tokens) {
    text =
      token.length >= MIN_DISTINCT_LENGTH
        ? text.replaceAll(token, hidden)
        : // A short one (only on a developer's machine) may also be the name of a field.
          text
            .replaceAll(`/webhook/${token}`, `/webhook/${hidden}`)
            .replaceAll(`\\/webhook\\/${token}`, `\\/webhook\\/${hidden}`);
  }
  return text;
}
