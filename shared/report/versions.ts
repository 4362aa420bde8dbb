/** At most three numbers of at most five digits; what else a text says behind them is the distribution's. */
const VERSION = /^v?(0|[1-9]\d{0,4})(?:\.(0|[1-9]\d{0,4}))?(?:\.(0|[1-9]\d{0,4}))?(?!\.?\d)/i;

/** `8.2.36-1+deb` -> `8.2`; null for what does not begin with a version. */
export function minorVersion(version: string | null | undefined): string | null {
  const parts = VERSION.exec(version ?? '');
  if (parts === null) return null;
  return parts[2] === undefined ? (parts[1] as string) : `${parts[1]}.${parts[2]}`;
}

/**
 * The database product and its minor version, `MariaDB 10.11` or `MySQL 8.0`. The client sends digits and dots only: MariaDB
 * is seen by a number of 10 or more, and as 5.5.5 under PHP before 8.0.16, whose driver hides it (then null: unknown).
 */
export function databaseVersion(
  version: string | null | undefined,
  phpVersion: string | null | undefined,
): string | null {
  const minor = minorVersion(version);
  if (minor === null) return null;
  if (/^5\.5\.5\b/.test(version ?? '') && !isAtLeast(phpVersion, [8, 0, 16])) return null;
  return `${Number.parseInt(minor, 10) >= 10 ? 'MariaDB' : 'MySQL'} ${minor}`;
}

function isAtLeast(version: string | null | undefined, least: number[]): boolean {
  const parts = VERSION.exec(version ?? '');
  if (parts === null) return false;
  for (const [index, wanted] of least.entries()) {
    const part = Number(parts[index + 1] ?? 0);
    if (part !== wanted) return part > wanted;
  }
  return true;
}

const WEB_SERVERS: Record<string, string> = {
  apache: 'Apache',
  nginx: 'nginx',
  litespeed: 'LiteSpeed',
  openlitespeed: 'LiteSpeed',
  'microsoft-iis': 'IIS',
  openresty: 'OpenResty',
  caddy: 'Caddy',
};

/** `nginx/1.24.0` -> `nginx`, `Apache/2.4.57 (Debian)` -> `Apache`; a product it does not know keeps its own name. */
export function webServer(software: string | null | undefined): string | null {
  const product = /^[^/\s(]+/.exec(software ?? '')?.[0];
  return product === undefined ? null : (WEB_SERVERS[product.toLowerCase()] ?? product);
}

/** What PHP reads at the start of an element that is no number, each with its place in the order; END and numbers lie before `p`. */
const FORMS = [
  ['dev', '1'],
  ['a', '2'],
  ['b', '3'],
  ['RC', '4'],
  ['rc', '4'],
  ['p', 'z'],
] as const;
const UNKNOWN_FORM = '0';
const END = '5';
/** PHP takes a greater number for this one. */
const MAX_NUMBER = 2n ** 63n - 1n;
/** A run of digits or of letters; of all other characters PHP keeps the first one and one that follows a digit. */
const ELEMENT = /\d+|(?:^[^a-z\d.]|(?<=\d)[^a-z\d.+_-])[a-z]*|[a-z]+/gi;

/**
 * A text that sorts (by code units, as MongoDB's indexes do) as PHP's version_compare orders versions: ASCII, at most twice
 * as long and 2 characters more. '' is below all. Where PHP's order is none, it is made one: a literal `#` is no number here, and
 * `1.` is below `1` like any `1.x`. Source: PHP's manual and ext/standard/versioning.c.
 */
export function versionKey(version: string): string {
  // PHP compares bytes
  const bytes = Buffer.from(version).toString('latin1');
  if (bytes === '') return '';
  const elements = bytes.startsWith('.') ? [''] : [];
  let end = 0;
  for (const match of bytes.matchAll(ELEMENT)) {
    elements.push(match[0]);
    end = match.index + match[0].length;
  }
  if (end < bytes.length) elements.push('');
  return `${elements.map(elementKey).join('')}${END}`;
}

function elementKey(element: string): string {
  if (!/^\d/.test(element)) return FORMS.find(([form]) => element.startsWith(form))?.[1] ?? UNKNOWN_FORM;
  const number = BigInt(element);
  const digits = String(number < MAX_NUMBER ? number : MAX_NUMBER);
  return `${String.fromCharCode(96 + digits.length)}${digits}`;
}

/** Below 0 where `a` is the older one by PHP's version_compare, above 0 where it is the newer, 0 where they are alike. */
export function compareVersions(a: string, b: string): number {
  const keys = [versionKey(a), versionKey(b)] as [string, string];
  return keys[0] < keys[1] ? -1 : Number(keys[0] > keys[1]);
}
