/** IDs in AWS's formats, from UUIDs: Node makes these from a pool of random bytes, which is fast. */

import { randomUUID } from 'node:crypto';

function randomHex(): string {
  return randomUUID().replaceAll('-', '');
}

/** ID of a request to an HTTP API: 15 characters of base64 and an equals sign. */
export function newRequestId(): string {
  return `${Buffer.from(randomHex(), 'hex').toString('base64').slice(0, 15)}=`;
}

/**
 * An X-Ray trace ID.
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-traceids
 */
export function newTraceId(): string {
  const seconds = Math.floor(Date.now() / 1000);
  return `1-${seconds.toString(16)}-${randomHex().slice(0, 24)}`;
}
