import { createHash } from 'node:crypto';

/**
 * Identifies an integration key without revealing it: the first 8 hexadecimal digits of its SHA-256
 * hash.
 */
export function keyIdOf(integrationKey: string): string {
  return createHash('sha256').update(integrationKey).digest('hex').slice(0, 8);
}
