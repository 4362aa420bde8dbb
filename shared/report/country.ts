import ipaddr from 'ipaddr.js';
import type { StoredEvent } from '../event/envelope.ts';

/** The addresses that an event may be from, best first: what the site says of itself, then who sent it. Private ones tell nothing. */
export function eventAddresses({ payload, senderAddress }: Pick<StoredEvent, 'payload' | 'senderAddress'>): string[] {
  return [payload.ip_address, senderAddress].map(publicAddress).filter((address) => address !== undefined);
}

/**
 * The address that may be stored of an event: cut to its network, unless the project keeps addresses whole and the event is a
 * report, which was agreed to; a deactivation asks nobody. undefined when the event tells none.
 */
export function storedAddress(event: StoredEvent, { keepFullIp }: { keepFullIp: boolean }): string | undefined {
  const [address] = eventAddresses(event);
  if (address === undefined) return undefined;
  return keepFullIp && event.kind === 'track' ? address : networkAddress(address);
}

/** An address of the public internet as it is usually written, an IPv4 address within an IPv6 one as itself; else undefined. */
export function publicAddress(value: unknown): string | undefined {
  const address = typeof value === 'string' ? parse(value.trim()) : undefined;
  if (address === undefined) return undefined;
  const telling = tellingAddress(address);
  return isPublic(telling) ? telling.toString() : undefined;
}

/** Prefixes that tell a network and no household. */
const KEPT_BITS = { ipv4: 24, ipv6: 48 };

/** `203.0.113.9` -> `203.0.113.0`, `2001:db8:1:2::3` -> `2001:db8:1::`. Throws Error for what is no address. */
export function networkAddress(address: string): string {
  const parsed = parse(address);
  if (parsed === undefined) throw new Error('not an address');
  const telling = tellingAddress(parsed);
  return telling instanceof ipaddr.IPv4
    ? ipaddr.IPv4.networkAddressFromCIDR(`${telling}/${KEPT_BITS.ipv4}`).toString()
    : ipaddr.IPv6.networkAddressFromCIDR(`${telling}/${KEPT_BITS.ipv6}`).toString();
}

/** Without its zone (`%eth0`), which names a cable of somebody's machine. */
function parse(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (!ipaddr.isValid(text) || (!text.includes(':') && !ipaddr.IPv4.isValidFourPartDecimal(text))) return undefined;
  const address = ipaddr.parse(text);
  return address instanceof ipaddr.IPv4 ? address : new ipaddr.IPv6(address.parts);
}

/** The IPv4 address within an IPv6 one, unless it is private (as in ISATAP) and the one around it is not. */
function tellingAddress(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  const embedded = embeddedIpv4(address);
  return embedded !== undefined && (isPublic(embedded) || !isPublic(address)) ? embedded : address;
}

const UNTELLING = new Set<string>([
  'unspecified',
  'loopback',
  'private',
  'linkLocal',
  'carrierGradeNat',
  'multicast',
  'broadcast',
]);
/** Their prefix spells an IPv4 address; when that one is private, nothing is left that tells. */
const TUNNELS = new Set<string>(['6to4', 'teredo']);

function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address instanceof ipaddr.IPv4) return !UNTELLING.has(address.range());
  // 2000::/3 is all that is given out to the public (RFC 4291)
  return ((address.parts[0] as number) & 0xe000) === 0x2000 && !TUNNELS.has(address.range());
}

/** The IPv4 address that an IPv6 address is made of, by one of the ways of the RFCs below; undefined when there is none. */
function embeddedIpv4(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | undefined {
  if (address instanceof ipaddr.IPv4) return undefined;
  const words = embeddedWords(address.parts);
  if (words === undefined) return undefined;
  const [high, low] = words;
  const firstByte = high >> 8;
  // what follows the same bits without being the address of a host is chance
  if (firstByte === 0 || firstByte >= 224) return undefined;
  return new ipaddr.IPv4([firstByte, high & 0xff, low >> 8, low & 0xff]);
}

type Words = [number, number];

function embeddedWords(parts: number[]): Words | undefined {
  const [p0, p1, p2, p3, p4, p5, p6, p7] = parts as [number, number, number, number, number, number, number, number];
  // 6to4, RFC 3056
  if (p0 === 0x2002) return [p1, p2];
  // Teredo, RFC 4380: the client's address with every bit turned
  if (p0 === 0x2001 && p1 === 0) return [p6 ^ 0xffff, p7 ^ 0xffff];
  if (p0 === 0x64 && p1 === 0xff9b) return translatedWords(parts);
  // ISATAP, RFC 5214
  if ((p4 & ~0x0200) === 0 && p5 === 0x5efe) return [p6, p7];
  if (p0 !== 0 || p1 !== 0 || p2 !== 0 || p3 !== 0) return undefined;
  // IPv4-compatible and IPv4-mapped, RFC 4291; IPv4-translated, RFC 2765
  const isIpv4 = (p4 === 0 && (p5 === 0 || p5 === 0xffff)) || (p4 === 0xffff && p5 === 0);
  return isIpv4 ? [p6, p7] : undefined;
}

/** NAT64, RFC 6052: at the end below 64:ff9b::/96, and below 64:ff9b:1::/48 (RFC 8215) there or right after those 48 bits. */
function translatedWords(parts: number[]): Words | undefined {
  const [, , p2, p3, p4, p5, p6, p7] = parts as [number, number, number, number, number, number, number, number];
  if (p2 === 1) return p6 === 0 && p7 === 0 ? [p3, ((p4 & 0xff) << 8) | (p5 >> 8)] : [p6, p7];
  return p2 === 0 && p3 === 0 && p4 === 0 && p5 === 0 ? [p6, p7] : undefined;
}
