/**
 * Names of the fields that the bridge itself writes to an incident's `custom_details`. A route may
 * add others.
 */
export const DETAIL_NAMES = [
  'environment',
  'view',
  'domain',
  'metric',
  'value',
  'limit',
  'threshold',
  'unit',
  'over_by',
  'event_severity',
  'webhook_id',
  'received_at',
  'delayed_by',
  'deduplicated',
  'event_time',
  'cut',
] as const;

/** Name of a field that the bridge itself writes to `custom_details`. */
export type DetailName = (typeof DETAIL_NAMES)[number];
