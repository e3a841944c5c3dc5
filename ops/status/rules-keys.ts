/** Rules about integration keys, as the secret has them. Pure. */

import { finding } from './delivery-finding.ts';
import { sumOf } from './counters.ts';
import { type Known, type Rule, waitingText } from './facts.ts';

const MINUTE = 60_000;

/** Time after which an attempt of an event that waits for its key is overdue, milliseconds. */
export const KEY_ATTEMPTS = 10 * MINUTE;

/** Events wait for a key. */
export function isAnyWaitingForKey({ points, now, waiting }: Known): boolean {
  return waiting > 0 && sumOf(points, 'keyMissing', now - KEY_ATTEMPTS) > 0;
}

function routedKeys({ keys }: Known) {
  return keys.filter(({ routed }) => routed);
}

/** Command that sets the key of a service; with one service it is named. */
export function setKey(known: Known): string {
  const [only, ...others] = routedKeys(known);
  return `./bridge keys set ${only !== undefined && others.length === 0 ? only.service : 'SERVICE'}`;
}

/** No service has a key. */
export const noKeys: Rule = (known) => {
  const routed = routedKeys(known);
  if (routed.length === 0 || routed.some(({ state }) => state === 'set')) return undefined;
  const reason = 'no service has a usable integration key';
  return finding('no', `${reason}; ${waitingText(known)}. Set it with: ${setKey(known)}`, reason);
};

/** Some services have no key. */
export const someKeys: Rule = (known) => {
  const routed = routedKeys(known);
  const bad = routed.filter(({ state }) => state !== 'set');
  if (bad.length === 0 || bad.length === routed.length) return undefined;
  const names = bad.slice(0, 3).map(({ service }) => service);
  const others = bad.length > 3 ? ` and ${bad.length - 3} more` : '';
  const reason = `the integration key of ${names.join(', ')}${others} is missing or malformed`;
  const wait = known.waiting > 0 ? `; ${waitingText(known)}` : '';
  const sentence = `${reason}${wait}. Set it with: ./bridge keys set ${bad.length === 1 ? names[0] : 'SERVICE'}`;
  const alarms = ['IntegrationKeyMissing'];
  return { topic: 'keys', answer: 'partly', sentence, also: reason, alarms };
};
