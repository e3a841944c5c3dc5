import type { TriggerEvent } from '../../lambda/pagerduty/event.ts';

/** An integration key in PagerDuty's form. */
export const KEY = 'R0123456789abcdefghijklmnopqrstu';

/** A PagerDuty event with that key. */
export function pagerDutyEvent(
  details: TriggerEvent['payload']['custom_details'] = {},
): TriggerEvent {
  return {
    routing_key: KEY,
    event_action: 'trigger',
    dedup_key: 'glasnostic:e:4:requests',
    payload: {
      summary: 'Shop: requests 42 r/s exceeded threshold 30 r/s',
      source: 'Shop',
      severity: 'warning',
      class: 'threshold-exceeded',
      custom_details: details,
    },
    links: [{ href: 'https://app.glasnostic.com', text: 'Shop' }],
    client: 'Glasnostic',
    client_url: 'https://app.glasnostic.com',
  };
}
