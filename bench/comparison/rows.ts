/** Names in the table of the comparison. A test holds docs/comparison.md against them. */

/** The systems that are compared, in the order of the columns. */
export const CONTESTANTS = {
  bridge: 'this bridge',
  fastAlertmanager: 'Alertmanager, 10 s / 1 min',
  alertmanager: 'Alertmanager, 30 s / 5 min',
  vendor: "the vendor's handler",
} as const;

/** A system that is compared. */
export type ContestantId = keyof typeof CONTESTANTS;

/** The rows by load, in the order of the table. */
export const ROWS = {
  idle: ['One new incident per second, nothing else: p50 / p99'],
  noise: [
    'New critical page while 200 warnings of its key repeat: p50 / p90 / max',
    'The same: calls answered 429',
  ],
  isolation: ['Key A is answered 500: pages of key B open within 60 s'],
  outage: [
    'Outage of 3 min, 30 incidents sent once: median / last open after it',
    'The same: calls during the outage',
  ],
  longOutage: ['Outage of 6 min, 10 incidents sent once: open after it'],
  climb: [
    'A value climbs for 50 s at one severity: last value in PagerDuty 3 min later',
    'A value climbs for 50 s through three severities: last value 3 min later',
  ],
  storm: ['Storm, 10,000 events of 10 views in 20 s: incidents, calls, events lost'],
  silence: ['Silence: incident resolved after its last event, median / last'],
  refusal: ['400 for one event of 20, accepted again 30 s later'],
} as const;

/** A load of the comparison. */
export type LoadId = keyof typeof ROWS;

/** The loads in the order of the table. */
export const LOADS: readonly LoadId[] = [
  'idle',
  'noise',
  'isolation',
  'outage',
  'longOutage',
  'climb',
  'storm',
  'silence',
  'refusal',
];
