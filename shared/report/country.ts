import ipaddr from 'ipaddr.js';
import type { StoredEvent } from '../event/envelope.ts';

/** The addresses that an event may be from, best first: what the site says of itself, then who sent it. Private ones tell nothing. */
export function eventAddresses({ payload, senderAddress }: StoredEvent): string[] {
  return [payload.ip_address, senderAddress].map(publicAddress).filter((address) => address !== undefined);
}

function publicAddress(value: unknown): string | undefined {
  const text = typeof value === 'string' ? value.trim() : '';
  if (!ipaddr.isValid(text) || (!text.includes(':') && !ipaddr.IPv4.isValidFourPartDecimal(text))) return undefined;
  // an IPv4 address that is written as IPv6 is an IPv4 address
  const address = ipaddr.process(text);
  return UNTELLING.has(address.range()) ? undefined : address.toString();
}

const UNTELLING = new Set([
  'unspecified',
  'loopback',
  'private',
  'linkLocal',
  'uniqueLocal',
  'carrierGradeNat',
  'multicast',
  'broadcast',
]);

/** Prefixes that tell a network and no household. */
const KEPT_BITS = { ipv4: 24, ipv6: 48 };

/** `203.0.113.9` -> `203.0.113.0`, `2001:db8:1:2::3` -> `2001:db8:1::`. */
export function networkAddress(address: string): string {
  const parsed = ipaddr.parse(address);
  return parsed.kind() === 'ipv4'
    ? ipaddr.IPv4.networkAddressFromCIDR(`${address}/${KEPT_BITS.ipv4}`).toString()
    : ipaddr.IPv6.networkAddressFromCIDR(`${address}/${KEPT_BITS.ipv6}`).toString();
}
