import { safeKey } from '../../project/custom-fields.ts';
import { addressKey } from '../../report/email-address.ts';
import type { SiteFields } from '../../report/fields.ts';
import { versionKey } from '../../report/versions.ts';

/** Where the values of the custom fields are by which sites can be listed, in the fields' order. */
export const SLOTS = ['c1', 'c2', 'c3'] as const;
export type SlotValue = string | number | boolean;

/** What sites are listed by. Keys of versions sort as the versions do; what is not stated has none. */
export interface DerivedFields {
  versionKey?: string;
  /** Of the minor version, as the charts name it. */
  phpKey?: string;
  wpKey?: string;
  /** Each product is a range of its own: `MariaDB ` and the key of its minor version. */
  databaseKey?: string;
  /** `org.example.shop./path`: each label of the host ends in a dot, so that a domain is the beginning of its sites. */
  siteReversed?: string;
  /** See addressKey. None while the site is opted out. */
  emailKey?: string;
  c1?: SlotValue;
  c2?: SlotValue;
  c3?: SlotValue;
}

/** Of which field each one is a reading. */
const SOURCES = {
  versionKey: 'projectVersion',
  phpKey: 'phpMinor',
  wpKey: 'wpMinor',
  databaseKey: 'database',
  emailKey: 'adminEmail',
} as const satisfies Partial<Record<keyof DerivedFields, keyof SiteFields>>;

interface Source extends SiteFields {
  site: string;
  optedOut: boolean;
  customFields: Record<string, unknown>;
}

/** A function of the document, and of the keys of the project's filterable custom fields. */
export function derivedFields(site: Source, filterable: readonly string[]): DerivedFields {
  const { projectVersion, phpMinor, wpMinor, database, adminEmail, optedOut, customFields } = site;
  const fields: { [Name in keyof DerivedFields]: DerivedFields[Name] | undefined } = {
    versionKey: projectVersion && versionKey(projectVersion),
    phpKey: phpMinor && versionKey(phpMinor),
    wpKey: wpMinor && versionKey(wpMinor),
    databaseKey: database && databaseKey(database),
    siteReversed: siteReversed(site.site),
    emailKey: adminEmail && !optedOut ? addressKey(adminEmail) : undefined,
  };
  for (const [index, slot] of SLOTS.entries()) {
    const key = filterable[index];
    fields[slot] = key === undefined ? undefined : slotValue(customFields[safeKey(key)]);
  }
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** `MariaDB 10.11` -> `MariaDB ` and the key of 10.11. */
export function databaseKey(database: string): string {
  const [product, version = ''] = database.split(' ');
  return `${product} ${versionKey(version)}`;
}

/** `shop.example.org:8080/path` -> `org.example.shop.:8080/path`; also of the end of a host: `.example.org` -> `org.example.`. */
export function siteReversed(site: string): string {
  const host = /^(?:\[[^\]]*\]|[^:/]*)/.exec(site)?.[0] ?? '';
  const labels = host.split('.').filter((label) => label !== '');
  return `${labels.reverse().join('.')}.${site.slice(host.length)}`;
}

function slotValue(value: unknown): SlotValue | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
}

/** A site with what is derived from it now. */
export function withDerived<T extends Source & DerivedFields>(
  site: T,
  filterable: readonly string[],
): T & DerivedFields {
  const { versionKey: _v, phpKey: _p, wpKey: _w, databaseKey: _d, siteReversed: _s, emailKey: _e, ...rest } = site;
  const { c1: _1, c2: _2, c3: _3, ...own } = rest;
  return { ...(own as unknown as T), ...derivedFields(site, filterable) };
}

/** A site that opted out, or in again: with the key of its address, or without. */
export function withEmailKey<T extends Source & DerivedFields>(site: T): T {
  const { emailKey: _, ...rest } = site;
  const { emailKey } = derivedFields(site, []);
  return { ...(rest as unknown as T), ...(emailKey !== undefined && { emailKey }) };
}

/** A document without what is derived from a field that it lost. */
export function withoutOrphans<T extends object>(document: T): T {
  const isOrphan = (name: string) => name in SOURCES && !Object.hasOwn(document, SOURCES[name as keyof typeof SOURCES]);
  return Object.fromEntries(Object.entries(document).filter(([name]) => !isOrphan(name))) as T;
}
