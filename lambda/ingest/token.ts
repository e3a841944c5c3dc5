import { createHash, timingSafeEqual } from 'node:crypto';

import type { Cached, ReadSecret } from '../shared/secret.ts';

/** The tokens that are accepted: the current one, and the one before it during a rotation. */
export type Tokens = readonly string[];

/** Reads both versions of the token. Rejects when the current one cannot be read. */
export async function readTokens(read: ReadSecret): Promise<Tokens> {
  const [current, previous] = await Promise.all([read('AWSCURRENT'), read('AWSPREVIOUS')]);
  return [current, previous].filter((token) => token !== undefined && token !== '');
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * Whether a token is one of the accepted, in a time that depends neither on where it differs nor on
 * which one matches: digests have one length, and all are compared.
 */
export function matches(token: string, accepted: Tokens): boolean {
  const own = digest(token);
  let found = false;
  for (const other of accepted) found = timingSafeEqual(own, digest(other)) || found;
  return found;
}

/** Answers whether a request may come in. */
export type Doorkeeper = (token: string) => Promise<boolean>;

/**
 * Checks tokens against the cached secret, and reads it again when an unknown one comes: it may be
 * newer than what we know. The cache limits how often, so that a flood of wrong tokens does not
 * become a flood of reads. Rejects when the secret has never been read and cannot be.
 */
export function doorkeeper(tokens: Cached<Tokens>): Doorkeeper {
  return async (token) =>
    matches(token, await tokens.get()) || matches(token, await tokens.refresh());
}

/** The shortest token that can be told from ordinary text. */
const UNMISTAKABLE = 16;

/**
 * Takes a token out of an event's JSON text. Glasnostic repeats the webhook's URL in every event,
 * and with it the token, which must not travel to the queue, to logs or to PagerDuty.
 */
export function withoutToken(eventJson: string, token: string): string {
  const hidden = '[token]';
  return token.length >= UNMISTAKABLE
    ? eventJson.replaceAll(token, hidden)
    : // A short one (only on a developer's machine) may also be the name of a field.
      eventJson
        .replaceAll(`/webhook/${token}`, `/webhook/${hidden}`)
        .replaceAll(`\\/webhook\\/${token}`, `\\/webhook\\/${hidden}`);
}
