/** Form of a finding about delivery. Pure. */

import type { Finding } from './facts.ts';

/** Alarms that a finding about delivery explains. */
const DELIVERY_ALARMS = [
  'PagerDutyUnavailable',
  'PagerDutyRefusing',
  'DeliveryDelay',
  'DeliverySilent',
  'IntegrationKeyMissing',
];

/** What becomes of replayed events while nothing gets out. */
const WAIT = 'while that lasts they wait, and then go out by themselves';

/**
 * A finding about delivery.
 *
 * @param also the sentence after the headline of another finding
 * @param ifReplayed what becomes of replayed events
 */
export function finding(
  answer: Finding['answer'],
  sentence: string,
  also = sentence,
  ifReplayed = answer === 'no' ? WAIT : 'some may wait',
): Finding {
  return { topic: 'delivery', answer, sentence, also, ifReplayed, alarms: DELIVERY_ALARMS };
}
