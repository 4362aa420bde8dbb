import type { Db, Document } from 'mongodb';
import { safeKey } from '../../project/custom-fields.ts';
import { filterableKeys, type Project } from '../../project/project.ts';
import { addressKey } from '../../report/email-address.ts';
import type { Environment } from '../../report/environment.ts';
import { versionKey } from '../../report/versions.ts';
import { transient } from '../../runtime/errors.ts';
import { checkLimit, type Driver, type ListPage, type PageRequest, readPage } from './list-page.ts';
import { databaseKey, SLOTS, type SlotValue, siteReversed } from './site-derived.ts';
import { SITE_STATES, type SiteState } from './site-state.ts';
import type { SiteDocument } from './sites.ts';

/** A value that sites have: PHP, WordPress and database by their minor version, as in the charts. */
export type Facet =
  | { name: 'version' | 'php' | 'wordpress' | 'database' | 'country' | 'theme'; is: string }
  /** A version below this one; a database's with its product: `MySQL 8.0`. */
  | { name: 'version' | 'php' | 'wordpress' | 'database'; below: string }
  /** A custom field of a text, number, boolean or date (ISO 8601). */
  | { field: string; is: SlotValue };

/** Which sites of a project are listed; all that is given has to hold. */
export interface SiteFilter {
  /** Absent: any. */
  state?: SiteState | undefined;
  facets?: readonly Facet[] | undefined;
  /** Absent: production. */
  environment?: Environment | 'any' | undefined;
  /** Copies of other sites too. */
  copies?: boolean | undefined;
  /** When it was last seen: from then on, and before then. */
  since?: Date | undefined;
  until?: Date | undefined;
  /** The beginning of the site, without scheme and www. */
  hostStarts?: string | undefined;
  /** A domain: its own sites, and those of all domains below it. */
  domainEnds?: string | undefined;
  /** The whole address of the admin, in any spelling. */
  email?: string | undefined;
}

const ROW_FIELDS = [
  ...([
    '_id',
    'site',
    'name',
    'state',
    'environment',
    'cloneOf',
    'firstSeenAt',
    'lastSeenAt',
    'projectVersion',
  ] as const),
  ...(['phpVersion', 'phpMinor', 'wpVersion', 'wpMinor', 'database', 'country', 'themeSlug', 'customFields'] as const),
] as const satisfies (keyof SiteDocument)[];

/** A site in a list: nothing of who its admin is, of its plugins, or of its address. */
export type SiteRow = Pick<SiteDocument, (typeof ROW_FIELDS)[number]>;

export interface SiteLists {
  /**
   * A page of a project's sites. What is most telling gives the order: an address, or the beginning of a site, by site; a
   * domain, by its labels from the end; the first facet, by site; the first `below`, by version and site; else the newest seen first.
   */
  page(project: ListedProject, filter: SiteFilter, request: PageRequest): Promise<ListPage<SiteRow>>;
}

export type ListedProject = Pick<Project, 'hash' | 'customFields' | 'listedBy'>;

export function openSiteLists(db: Db): SiteLists {
  const sites = db.collection<SiteDocument>('sites');
  return {
    page: async (project, filter, request) => {
      checkLimit(request);
      return transient('sites', async () => {
        const driver = driverOf(project, filter);
        const ordering = driver.order.map(([field]) => field);
        const checks = checksOf(filter);
        const needed = [...ordering, ...checks.map(({ field }) => field)];
        const query = {
          driver,
          projection: fieldsOf([...ROW_FIELDS, ...needed]),
          checked: fieldsOf(needed),
          matches: (site: SiteDocument) => checks.every(({ holds }) => holds(site)),
        };
        const { rows, ...page } = await readPage(sites, query, request);
        return { ...page, rows: rows.map(rowOf) };
      });
    },
  };
}

function fieldsOf(names: string[]): Document {
  return Object.fromEntries(names.map((name) => [name, 1]));
}

function rowOf(site: SiteDocument): SiteRow {
  const fields = ROW_FIELDS.filter((name) => site[name] !== undefined).map((name) => [name, site[name]]);
  return Object.fromEntries(fields) as SiteRow;
}

/** Above every text that begins so. */
const ABOVE = '\u{10ffff}';
const BY_ID: Driver['order'] = [['_id', 1]];

/** Which range of which index gives the sites, and their order. */
export function driverOf(project: ListedProject, filter: SiteFilter): Driver {
  const { hash } = project;
  const { email, hostStarts, domainEnds, state, since, until, facets = [] } = filter;
  if (email !== undefined) return { equal: [{ project: hash, emailKey: addressKey(email) }], order: BY_ID };
  if (hostStarts !== undefined) {
    const start = `${hash}:${hostStarts.toLowerCase()}`;
    return { equal: [{}], order: BY_ID, range: { $gte: start, $lt: `${start}${ABOVE}` } };
  }
  if (domainEnds !== undefined) {
    const start = siteReversed(domainEnds.toLowerCase());
    const range = { $gte: start, $lt: `${start}${ABOVE}` };
    return { equal: [{ project: hash }], order: [['siteReversed', 1]], range };
  }
  const inStates = (state === undefined ? SITE_STATES : [state]).map((one) => ({ project: hash, state: one }));
  for (const facet of facets) {
    const indexed = 'below' in facet ? undefined : indexedValue(project, facet);
    if (indexed !== undefined) return { equal: inStates.map((one) => ({ ...one, ...indexed })), order: BY_ID };
  }
  for (const facet of facets) {
    if (!('below' in facet)) continue;
    const { from, below } = boundsOf(facet);
    const range = { ...(from !== '' && { $gte: from }), $lt: below };
    return { equal: inStates, order: [[KEYS[facet.name], 1], ...BY_ID], range };
  }
  const range = { ...(since && { $gte: since }), ...(until && { $lt: until }) };
  const equal = state === undefined ? [{ project: hash }] : inStates;
  return { equal, order: [['lastSeenAt', -1], ...BY_ID], range };
}

const KEYS = { version: 'versionKey', php: 'phpKey', wordpress: 'wpKey', database: 'databaseKey' } as const;
const FIELDS = {
  version: 'projectVersion',
  php: 'phpMinor',
  wordpress: 'wpMinor',
  database: 'database',
  country: 'country',
  theme: 'themeSlug',
} as const satisfies Record<string, keyof SiteDocument>;

/** undefined: a custom field that no index is ready for. */
function indexedValue(project: ListedProject, facet: Exclude<Facet, { below: string }>): Document | undefined {
  if ('field' in facet) {
    const place = filterableKeys(project).indexOf(facet.field);
    const slot = SLOTS[place];
    const isReady = slot !== undefined && project.listedBy?.[place] === facet.field;
    return isReady ? { [slot]: facet.is } : undefined;
  }
  const { name, is } = facet;
  if (name === 'country' || name === 'theme') return { [FIELDS[name]]: is };
  return { [KEYS[name]]: keyOf(name, is) };
}

function keyOf(name: keyof typeof KEYS, version: string): string {
  return name === 'database' ? databaseKey(version) : versionKey(version);
}

/** Of the keys below a version, a database's of its product alone. */
function boundsOf({ name, below }: Extract<Facet, { below: string }>): { from: string; below: string } {
  return { from: name === 'database' ? `${below.split(' ', 1)[0]} ` : '', below: keyOf(name, below) };
}

interface Check {
  field: keyof SiteDocument;
  holds: (site: SiteDocument) => boolean;
}

/** All that a filter says, the driver's part too: a site may change between two readings of it. */
function checksOf(filter: SiteFilter): Check[] {
  const { state, facets = [], environment = 'production', copies = false, since, until } = filter;
  const { hostStarts, domainEnds, email } = filter;
  const checks = facets.map(facetCheck);
  const check = <F extends keyof SiteDocument>(...[field, holds]: Parameters<typeof checkOf<F>>) =>
    checks.push(checkOf(field, holds));
  if (environment !== 'any') check('environment', (is) => is === environment);
  if (!copies) check('cloneOf', (is) => !is);
  if (state !== undefined) check('state', (is) => is === state);
  if (since !== undefined) check('lastSeenAt', (is) => is >= since);
  if (until !== undefined) check('lastSeenAt', (is) => is < until);
  if (hostStarts !== undefined) check('site', startsWith(hostStarts.toLowerCase()));
  if (domainEnds !== undefined) check('siteReversed', startsWith(siteReversed(domainEnds.toLowerCase())));
  if (email !== undefined) check('emailKey', (is) => is === addressKey(email));
  return checks;
}

function checkOf<F extends keyof SiteDocument>(field: F, holds: (value: SiteDocument[F]) => boolean): Check {
  return { field, holds: (site) => holds(site[field]) };
}

function startsWith(start: string): (text: string | undefined) => boolean {
  return (text) => text?.startsWith(start) === true;
}

function facetCheck(facet: Facet): Check {
  if ('field' in facet) {
    const key = safeKey(facet.field);
    return checkOf('customFields', (fields) => fields[key] === facet.is);
  }
  if ('is' in facet) return checkOf(FIELDS[facet.name], (value) => value === facet.is);
  const { from, below } = boundsOf(facet);
  return checkOf(KEYS[facet.name], (key) => key !== undefined && key >= from && key < below);
}
