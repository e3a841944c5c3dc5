/** What loopback cannot show: times and sizes between the parts as they are in AWS. */

/** Round trips as a function in the region sees them, seconds. Loopback answers in a tenth of it. */
export const ROUND_TRIP = {
  /** To SQS. */
  queue: 0.01,
  /** To Secrets Manager. */
  secret: 0.02,
  /** To PagerDuty, its own work included. */
  pagerDuty: 0.2,
} as const;

/** How long both functions keep a secret, seconds: `lambda/ingest/handler.ts` and delivery's. */
export const SECRET_SECONDS = 300;

/** Bytes of an answer to the sender, with its headers. */
export const ANSWER_BYTES = 300;

/** Headers of a call to PagerDuty, and its share of a TLS handshake, bytes. */
export const CALL_OVERHEAD_BYTES = 500;

/** The integration key in a call, as JSON, bytes: the stand-in does not keep it. */
export const KEY_BYTES = '"routing_key":"",'.length + 32;

/** The assumptions as sentences, for the report. */
export const ASSUMPTIONS: readonly string[] = [
  `round trips: SQS ${ROUND_TRIP.queue * 1000} ms, Secrets Manager ${ROUND_TRIP.secret * 1000} ms, PagerDuty ${ROUND_TRIP.pagerDuty * 1000} ms; calls to PagerDuty counted one after another`,
  'a core of Lambda computes as fast as a core of this machine; a function has memory / 1769 MB of one',
  "receives of Lambda's pollers: as many as bring messages here; each brings at least one, so never more than one an event. Empty polls are in the idle month",
  'every request that carries messages with a group is charged as a fair queue',
  'instances stay warm between events; the storm starts cold, and its start is counted',
];
