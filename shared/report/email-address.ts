import { domainToASCII } from 'node:url';
import { decode } from 'html-entities';

/** The longest address that SMTP carries. Source: RFC 5321, 4.5.3.1.3. */
const MAX_LENGTH = 254;
/** More than anybody writes into one text; a text can be made of nothing else. */
const MAX_ADDRESSES = 20;

const ADDRESS = /[^\s<>()[\],;:"@\\]{1,64}@[\p{L}\p{N}\p{M}][\p{L}\p{N}\p{M}.-]*[\p{L}\p{N}\p{M}]/gu;
/** What a local part may hold, and is mostly what stands before one: `?email=bob@example.org`, `'bob@example.org'`. */
const BEFORE = /^'+|^.*[=/?&|#]'*/u;

/**
 * The form by which two addresses are the same: in lower case, the domain as DNS has it (`Bob@BÜCHER.example` ->
 * `bob@xn--bcher-kva.example`). For comparing only: what is sent is written to as it is, for a local part may be case-sensitive.
 */
export function addressKey(address: string): string {
  const text = address.trim().normalize('NFC').toLowerCase();
  const at = text.lastIndexOf('@');
  if (at === -1) return text;
  const domain = text.slice(at + 1).replace(/\.+$/, '');
  return `${text.slice(0, at)}@${domainToASCII(domain) || domain}`;
}

/**
 * The keys of the addresses that stand in a text, wherever: `Bob <bob@example.org>`, `mailto:bob%40example.org`, in a
 * sentence, in a query; `max` of them at most.
 */
export function addressKeysIn(text: string, max = MAX_ADDRESSES): string[] {
  if (!/@|%40|&/i.test(text)) return [];
  const plain = decode(text.replace(/%40/gi, '@'), { scope: 'strict' }).normalize('NFC');
  const found = [...plain.matchAll(ADDRESS)].map(([address]) => address).filter(({ length }) => length <= MAX_LENGTH);
  return [...new Set(found.flatMap(readings).map(addressKey))].slice(0, max);
}

/** An address as it stands, and without what may be no part of it. */
function readings(address: string): string[] {
  const bare = address.replace(BEFORE, '');
  if (bare === address || bare.startsWith('@')) return [address];
  return address.startsWith("'") ? [bare] : [address, bare];
}
