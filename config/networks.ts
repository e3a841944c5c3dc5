import { isIP, isIPv4 } from 'node:net';

/** True if a value is a network in CIDR notation, such as `203.0.113.0/24`. */
export function isNetwork(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const [, address = '', prefix = ''] = /^([^/]+)\/(\d{1,3})$/.exec(value) ?? [];
  const family = isIP(address);
  return family !== 0 && Number(prefix) <= (family === 4 ? 32 : 128);
}

/**
 * The same network, written with its first address: `203.0.113.0/24` for `203.0.113.7/24`.
 *
 * @param network a network for which {@link isNetwork} is true
 */
export function firstAddressOf(network: string): string {
  const [address = '', prefix = ''] = network.split('/');
  return `${textOf(masked(bytesOf(address), Number(prefix)))}/${prefix}`;
}

/** True if a network is not written with its first address. */
export function hasHostBits(network: string): boolean {
  const [address = '', prefix = ''] = network.split('/');
  const bytes = bytesOf(address);
  return masked(bytes, Number(prefix)).some((byte, i) => byte !== bytes[i]);
}

/** The network that has only the address of this one. */
export function networkOfOne(network: string): string {
  const [address = ''] = network.split('/');
  return `${address}/${isIPv4(address) ? 32 : 128}`;
}

/** The first `prefix` bits, and zeros. */
function masked(bytes: readonly number[], prefix: number): readonly number[] {
  return bytes.map((byte, i) => byte & (0xff << (8 - Math.min(8, Math.max(0, prefix - i * 8)))));
}

function bytesOf(address: string): readonly number[] {
  if (isIPv4(address)) return address.split('.').map(Number);
  // A URL has one spelling per address, in groups of 16 bits.
  const { hostname } = new URL(`http://[${address}]`);
  const [before = [], after = []] = hostname
    .slice(1, -1)
    .split('::')
    .map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

function textOf(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
  );
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
