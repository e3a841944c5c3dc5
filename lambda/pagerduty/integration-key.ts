const INTEGRATION_KEY = /^[A-Za-z0-9]{32}$/;

/**
 * Checks that a text has the form of an integration key: 32 letters and digits. PagerDuty refuses
 * another length: "Length of 'routing_key' is incorrect (should be 32 characters)".
 * https://developer.pagerduty.com/docs/send-alert-event
 */
export function isIntegrationKey(text: string): boolean {
  return INTEGRATION_KEY.test(text);
}
