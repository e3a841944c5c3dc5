import { BlockList, isIPv4 } from 'node:net';

/** Returns true if an address may post events. */
export type AddressFilter = (address: string | undefined) => boolean;

/**
 * Makes an address filter from a list of networks.
 *
 * @param list networks in CIDR notation, separated by commas; unset or empty allows every address
 * @throws Error that names an invalid network, so that a mistake never allows every address
 */
export function addressFilter(list: string | undefined): AddressFilter {
  if (list === undefined || list === '') return () => true;
  const allowed = new BlockList();
  for (const network of list.split(',')) {
    const [, address = '', prefix = ''] = /^([^/]+)\/(\d{1,3})$/.exec(network) ?? [];
    try {
      allowed.addSubnet(address, Number(prefix), isIPv4(address) ? 'ipv4' : 'ipv6');
    } catch {
      throw new Error(`${JSON.stringify(network)} is not a network; use CIDR notation.`);
    }
  }
  return (address) =>
    address !== undefined && allowed.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}
