/** Checks at PagerDuty, with events of the command's own dedup keys. */

import { randomBytes } from 'node:crypto';

import { keyCheckEvent, LIMITS } from '../../lambda/pagerduty/event.ts';
import { OperatorError } from '../errors.ts';
import { readKeys } from '../keys/store.ts';
import { keyStates } from '../keys/integration-keys-secret.ts';
import { type HttpAnswer, postJson } from '../send/post-json.ts';
import { answerText, type Check, type CheckInput, type Observation, seen } from './check.ts';

/** Over PagerDuty's 512 KB in either reading: 512 * 1,024 bytes and some more. */
const TOO_LARGE_BYTES = 600_000;

function isJson({ text }: HttpAnswer): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

/** A resolve that is so many bytes long as JSON. It has no characters of more than one byte. */
function resolveOf(key: string, bytes: number): object {
  const event = { ...keyCheckEvent(key), payload: { custom_details: { padding: '' } } };
  const padding = 'x'.repeat(bytes - JSON.stringify(event).length);
  return { ...event, payload: { custom_details: { padding } } };
}

/** Sends events with the key of the chosen service. */
interface Sender {
  readonly key: string;
  readonly send: (event: object, key?: string) => Promise<HttpAnswer>;
}

async function senderOf({ context, service, hide }: CheckInput): Promise<Sender> {
  const { secrets, outputs, services, pagerDutyUrl } = context;
  const { keys } = await readKeys({ secrets, secretArn: outputs.integrationKeysSecretArn });
  const set = keyStates(keys, services).filter(({ state }) => state === 'set');
  const name = service ?? set[0]?.service;
  const key = set.some((one) => one.service === name) ? keys.get(name ?? '') : undefined;
  if (typeof key !== 'string') {
    throw new OperatorError(
      name === undefined
        ? 'No service of the stage has a well-formed key; set one with: ./bridge keys set'
        : `The service ${name} has no well-formed key; set one with: ./bridge keys set ${name}`,
    );
  }
  hide(key);
  const url = `${pagerDutyUrl.replace(/\/+$/, '')}/v2/enqueue`;
  return { key, send: async (event, secret = key) => postJson(url, event, secret) };
}

async function checkResolves(input: CheckInput): Promise<readonly Observation[]> {
  const { key, send } = await senderOf(input);
  const unknownKey = randomBytes(16).toString('hex');
  const resolved = await send(keyCheckEvent(key));
  const unknown = await send(keyCheckEvent(unknownKey), unknownKey);
  const tooLarge = await send(resolveOf(key, TOO_LARGE_BYTES));
  const largest = await send(resolveOf(key, LIMITS.bodyBytes));
  const namesKey = /(routing|service|integration)[ _-]?key/i.test(unknown.text);
  const isRefused = [400, 413].includes(tooLarge.status) && isJson(tooLarge);
  return [
    seen('PD1', resolved.status === 202, answerText(resolved)),
    seen('PD2', unknown.status === 400 && isJson(unknown) && namesKey, answerText(unknown)),
    seen('PD3', isRefused, answerText(tooLarge)),
    seen('PD4', largest.status === 202, answerText(largest)),
  ];
}

async function checkTriggers(input: CheckInput): Promise<readonly Observation[]> {
  const { key, send } = await senderOf(input);
  const dedupKey = `glasnostic-bridge:verify:${input.now()}`;
  const base = { routing_key: key, dedup_key: dedupKey };
  const trigger = async (payload: object): Promise<HttpAnswer> =>
    send({
      ...base,
      event_action: 'trigger',
      payload: {
        summary: 'Test by ./bridge verify: it resolves itself',
        source: 'glasnostic-pagerduty-bridge',
        severity: 'info',
        ...payload,
      },
    });
  try {
    const blank = await trigger({ source: ' ' });
    const unpadded = await trigger({ timestamp: '2026-01-01T7:00:00Z' });
    const first = await trigger({});
    const second = await trigger({ severity: 'critical' });
    const isOne = [first, second].every(
      ({ status, text }) => status === 202 && text.includes(dedupKey),
    );
    return [
      seen('PD5', blank.status === 400 && isJson(blank), answerText(blank)),
      seen('PD6', unpadded.status === 400 && isJson(unpadded), answerText(unpadded)),
      seen('PD7', isOne, `${answerText(first)}; then ${answerText(second)}`),
    ];
  } finally {
    // Also after a trigger that PagerDuty accepted against the belief.
    await send({ ...base, event_action: 'resolve' });
  }
}

/** The checks at PagerDuty. */
export const PAGERDUTY_CHECKS: readonly Check[] = [
  { ids: ['PD1', 'PD2', 'PD3', 'PD4'], by: '--send', run: checkResolves },
  { ids: ['PD5', 'PD6', 'PD7'], by: '--page', run: checkTriggers },
];
