/** Asks PagerDuty if it accepts the integration keys of a stage. */

import { forEachLimited } from '../../lambda/shared/batches.ts';
import { keyCheckEvent } from '../../lambda/pagerduty/event.ts';
import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';
import { cut } from '../../lambda/shared/text.ts';
import { type HttpAnswer, postJson } from '../send/post-json.ts';
import { type IntegrationKeysSecret, type KeyState, keyStates } from './integration-keys-secret.ts';

/** Result of the check of one key. */
export type KeyCheckResult =
  | 'accepted'
  | 'refused'
  /** PagerDuty was not reached, or its answer says nothing about the key. */
  | 'unknown'
  /** Not sent: there is no key, or PagerDuty would refuse it by its form. */
  | Exclude<KeyState, 'set'>;

/** The check of the key of a service. */
export interface CheckedKey {
  readonly service: string;
  readonly result: KeyCheckResult;
  /** What PagerDuty answered, or why there was no answer. Never holds the key. */
  readonly detail: string;
}

/** Calls at the same time. Each key is used once, so no rate limit of a key is reached. */
const PARALLEL = 8;

/** Longest text of an answer in a result, in characters. */
const MAX_DETAIL = 300;

function objectOf(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** PagerDuty's words: `message` and `errors` of its JSON, else the text. */
function wordsOf(text: string, json: JsonObject | undefined): string {
  const { message, errors } = json ?? {};
  const all = [message, ...(Array.isArray(errors) ? errors : [])];
  const words = all.filter((part) => typeof part === 'string' && part !== '').join('; ');
  return words || text.trim();
}

/**
 * What an answer to the check says about the key. Only a 400 with the JSON of PagerDuty's API refuses
 * it: a proxy can answer 400 as well.
 */
export function checkResult({ status, text }: HttpAnswer): Omit<CheckedKey, 'service'> {
  if (status === 0) return { result: 'unknown', detail: cut(`not reached: ${text}`, MAX_DETAIL) };
  const json = objectOf(text);
  // Delivery takes other 2xx for accepted too if the body says so: a proxy can answer 200 as well.
  const isSuccess = status >= 200 && status <= 299 && json?.['status'] === 'success';
  if (status === 202 || isSuccess) return { result: 'accepted', detail: String(status) };
  const isOfApi = json !== undefined && ('message' in json || 'errors' in json);
  return {
    result: status === 400 && isOfApi ? 'refused' : 'unknown',
    detail: cut(`${status} ${wordsOf(text, json)}`.trim(), MAX_DETAIL),
  };
}

/**
 * Checks keys. The check opens and resolves nothing at PagerDuty; see `keyCheckEvent`.
 *
 * @param services services of the routes; with those in the secret all that are checked
 * @param pagerDutyUrl base URL of the Events API
 * @returns a result per service, in the order of `keyStates`
 */
export async function checkKeys(
  secret: IntegrationKeysSecret,
  services: readonly string[],
  pagerDutyUrl: string,
): Promise<readonly CheckedKey[]> {
  const states = keyStates(secret, services);
  const checked = new Map<string, CheckedKey>();
  await forEachLimited(states, PARALLEL, async ({ service, state, note = '' }) => {
    const key = secret.get(service);
    if (state !== 'set' || typeof key !== 'string') {
      const result = state === 'set' ? 'malformed' : state;
      checked.set(service, { service, result, detail: note });
      return;
    }
    const url = `${pagerDutyUrl.replace(/\/+$/, '')}/v2/enqueue`;
    const answer = await postJson(url, keyCheckEvent(key), key);
    checked.set(service, { service, ...checkResult(answer) });
  });
  return states.flatMap(({ service }) => checked.get(service) ?? []);
}
