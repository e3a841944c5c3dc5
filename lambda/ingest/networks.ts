import { BlockList, isIPv4 } from 'node:net';

/** Whether a sender's address is in one of the networks that may post. */
export type AddressFilter = (address: string | undefined) => boolean;

/**
 * Reads networks in CIDR notation, separated by commas.
 *
 * @param list the environment variable; unset or empty lets every address in
 * @throws Error naming what is no network: better no answer than an open door
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
