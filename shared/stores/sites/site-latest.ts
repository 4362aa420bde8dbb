import type { Collection, Db, Filter } from 'mongodb';
import { canonicalSite } from '../../report/site-id.ts';
import { batchesOf } from '../../runtime/batches-of.ts';
import { TransientError, transient } from '../../runtime/errors.ts';
import type { DeactivationDocument } from './deactivations.ts';
import type { OptOutDocument } from './opt-outs.ts';
import { type SiteDocument, siteKey } from './sites.ts';
import type { UnclaimedDocument } from './unclaimed.ts';

/** What sites of a project go by. */
export interface SiteNames {
  /** Canonical. */
  sites: string[];
  /** From the User-Agent. */
  urlMd5s: string[];
}

/** Whose documents are meant. */
export interface SiteSubject extends SiteNames {
  projectHash: string;
  /** Of the md5s those that no site of another project goes by. */
  unsharedMd5s: string[];
  /** Events, by their ids. */
  eventIds: string[];
  /** Only what began until then. */
  until: Date;
}

/** What MongoDB holds about some sites. */
export interface LatestOfSites {
  sites: SiteDocument[];
  deactivations: DeactivationDocument[];
  optOuts: OptOutDocument[];
  unclaimed: UnclaimedDocument[];
}

/** A document of a site, from which something is taken out; gives the same object when there is nothing to take. */
export type Clean = <T extends SiteDocument | DeactivationDocument>(document: T) => T;

/** MongoDB, as one who asks after a site sees it. */
export interface SiteLatest {
  /** The sites of the project that are these under another spelling: earlier versions told fewer of them to be one. */
  otherSpellings(projectHash: string, sites: string[]): Promise<string[]>;
  /** The sites of the project whose admin has this address now, and did not opt out; see addressKey. */
  withEmail(projectHash: string, email: string): Promise<string[]>;
  /** Which of these md5s other sites of the project go by as well, and which any site of another project. */
  othersMd5s(projectHash: string, names: SiteNames): Promise<{ inProject: Set<string>; elsewhere: Set<string> }>;
  /** The sites and md5s of a project that `isMeant`, and the sites that name one: for one who knows digests of them only. */
  names(projectHash: string, isMeant: IsMeant): Promise<SiteNames & { namedBy: string[] }>;
  /** The other sites of the project that name one of these: as what they are a copy of, or by its md5. */
  namedBy(projectHash: string, names: SiteNames): Promise<string[]>;
  find(subject: SiteSubject): Promise<LatestOfSites>;
  /** Removes these documents; gives how many of each collection were there. */
  remove(held: LatestOfSites, until: Date): Promise<Record<keyof LatestOfSites, number>>;
  /** How many documents of these sites have something to clean. */
  countUnclean(projectHash: string, sites: string[], clean: Clean): Promise<number>;
  /** Cleans the documents of these sites; gives how many had something to clean. */
  clean(projectHash: string, sites: string[], clean: Clean): Promise<number>;
}

export type IsMeant = (name: { site: string } | { urlMd5: string }) => boolean;

export function openSiteLatest(db: Db): SiteLatest {
  const sites = db.collection<SiteDocument>('sites');
  const deactivations = db.collection<DeactivationDocument>('deactivations');
  const optOuts = db.collection<OptOutDocument>('optOuts');
  const unclaimed = db.collection<UnclaimedDocument>('unclaimed');
  const collections = { sites, deactivations, optOuts, unclaimed };
  return {
    otherSpellings: (project, names) => transient('sites', () => otherSpellings(sites, project, names)),
    withEmail: (project, emailKey) =>
      transient('sites', async () => {
        const found = sites.find({ project, emailKey }).project<{ site: string }>({ site: 1 });
        return (await found.toArray()).map(({ site }) => site);
      }),
    othersMd5s: (project, own) => transient('sites', () => othersMd5s(sites, project, own)),
    names: (project, isMeant) => transient('MongoDB', () => namesThat(collections, project, isMeant)),
    namedBy: (project, names) => transient('sites', () => namedBy(sites, project, names)),
    find: ({ projectHash, sites: names, urlMd5s, unsharedMd5s, eventIds, until }) =>
      transient('MongoDB', async () => {
        const ids = keysOf(projectHash, names);
        const stamp = { $lte: stampUntil(until) };
        const waiting = { receivedAt: { $lte: until } };
        const claimed = await all(foundBy(unclaimed, 'urlMd5', unsharedMd5s, waiting));
        const told = await all(foundBy(unclaimed, '_id', eventIds, waiting));
        return {
          sites: await all(foundBy(sites, '_id', ids, { firstSeenAt: { $lte: until } })),
          deactivations: await all(foundBy(deactivations, '_id', ids, { deactivatedAt: { $lte: until } })),
          optOuts: await all(foundBy(optOuts, '_id', keysOf(projectHash, urlMd5s), { stamp })),
          unclaimed: [...new Map([...claimed, ...told].map((document) => [document._id, document])).values()],
        };
      }),
    remove: (held, until) =>
      transient('MongoDB', async () => ({
        // a document that was replaced by a new start in between stays
        sites: await removeAll(sites, held.sites, { firstSeenAt: { $lte: until } }),
        deactivations: await removeAll(deactivations, held.deactivations, { deactivatedAt: { $lte: until } }),
        optOuts: await removeAll(optOuts, held.optOuts, { stamp: { $lte: stampUntil(until) } }),
        unclaimed: await removeAll(unclaimed, held.unclaimed, {}),
      })),
    countUnclean: (project, names, clean) =>
      transient('MongoDB', async () => {
        let count = 0;
        for (const collection of [sites, deactivations] as Collection<SiteDocument | DeactivationDocument>[]) {
          for await (const document of foundBy(collection, '_id', keysOf(project, names), {})) {
            if (clean(document) !== document) count += 1;
          }
        }
        return count;
      }),
    clean: (project, names, clean) =>
      transient('MongoDB', async () => {
        let count = 0;
        for (const key of keysOf(project, names)) {
          if (await cleanOne(sites, key, clean)) count += 1;
          if (await cleanOne(deactivations, key, clean)) count += 1;
        }
        return count;
      }),
  };
}

/** What stands before a site of an earlier version whose url had a scheme too many. */
const DOUBLED_SCHEMES = ['', 'http//', 'https//', 'http:/', 'https:/'];

async function otherSpellings(sites: Collection<SiteDocument>, project: string, names: string[]): Promise<string[]> {
  const found: string[] = [];
  for (const site of names) {
    const host = site.split('/', 1)[0] as string;
    for (const start of DOUBLED_SCHEMES) {
      const key = siteKey(project, `${start}${host}`);
      const range = sites.find({ _id: { $gte: key, $lt: `${key}\uffff` } }).project<{ site: string }>({ site: 1 });
      for await (const { site: stored } of range) {
        if (stored !== site && canonicalSite(`http://${stored}`) === site) found.push(stored);
      }
    }
  }
  return found;
}

async function othersMd5s(sites: Collection<SiteDocument>, projectHash: string, own: SiteNames) {
  const [inProject, elsewhere] = [new Set<string>(), new Set<string>()];
  const ownKeys = new Set(keysOf(projectHash, own.sites));
  const fields = { project: 1, urlMd5s: 1 } as const;
  for await (const { _id, project, urlMd5s } of foundBy(sites, 'urlMd5s', own.urlMd5s, {}, fields)) {
    if (ownKeys.has(_id)) continue;
    for (const urlMd5 of urlMd5s) (project === projectHash ? inProject : elsewhere).add(urlMd5);
  }
  return { inProject, elsewhere };
}

async function namedBy(sites: Collection<SiteDocument>, project: string, names: SiteNames): Promise<string[]> {
  const own = new Set(names.sites);
  const naming = new Set<string>();
  for (const [field, values] of [
    ['cloneOf', names.sites],
    ['urlMd5s', names.urlMd5s],
  ] as const) {
    for await (const { site } of foundBy(sites, field, values, { project }, { site: 1 })) {
      if (!own.has(site)) naming.add(site);
    }
  }
  return [...naming];
}

type Collections = { [Name in keyof LatestOfSites]: Collection<LatestOfSites[Name][number]> };

async function namesThat({ sites, deactivations, optOuts }: Collections, project: string, isMeant: IsMeant) {
  const names = { sites: [] as string[], urlMd5s: [] as string[], namedBy: [] as string[] };
  const fields = { site: 1, cloneOf: 1, urlMd5s: 1 };
  for await (const { site, cloneOf, urlMd5s } of sites.find({ project }).project<SiteDocument>(fields)) {
    const isNaming = (cloneOf && isMeant({ site: cloneOf })) || urlMd5s.some((urlMd5) => isMeant({ urlMd5 }));
    if (isMeant({ site })) names.sites.push(site);
    else if (isNaming) names.namedBy.push(site);
  }
  for await (const { site } of deactivations.find({ project }).project({ site: 1 })) {
    if (isMeant({ site })) names.sites.push(site);
  }
  for await (const { urlMd5 } of optOuts.find({ project }).project({ urlMd5: 1 })) {
    if (isMeant({ urlMd5 })) names.urlMd5s.push(urlMd5);
  }
  return names;
}

/** Two writers of one site rarely meet; so many in a row do not. */
const MAX_ATTEMPTS = 50;

/** Whether there was something to clean. */
async function cleanOne<T extends SiteDocument | DeactivationDocument>(
  collection: Collection<T>,
  _id: string,
  clean: Clean,
): Promise<boolean> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const known = (await collection.findOne({ _id } as Filter<T>)) as T | null;
    if (known === null) return false;
    const cleaned = clean(known);
    if (cleaned === known) return false;
    // a deactivation's revision is that of the site it was read from: nobody but the site's next writer raises it
    const { _id: _, ...rest } = collection.collectionName === 'sites' ? raised(cleaned) : cleaned;
    const { matchedCount } = await collection.replaceOne({ _id, revision: known.revision } as Filter<T>, rest as T);
    if (matchedCount === 1) return true;
  }
  throw new TransientError('MongoDB: too many writers of one document', { cause: undefined });
}

function raised<T extends { revision: number }>(document: T): T {
  return { ...document, revision: document.revision + 1 };
}

function keysOf(projectHash: string, names: string[]): string[] {
  return names.map((name) => siteKey(projectHash, name));
}

/** After every stamp of that moment. */
function stampUntil(until: Date): string {
  return `${until.toISOString()}/\uffff`;
}

async function removeAll<T extends { _id: string }>(
  collection: Collection<T>,
  documents: T[],
  condition: Filter<T>,
): Promise<number> {
  let removed = 0;
  for (const batch of batchesOf(documents, MAX_VALUES)) {
    const _id = { $in: batch.map((document) => document._id) };
    removed += (await collection.deleteMany({ ...condition, _id } as Filter<T>)).deletedCount;
  }
  return removed;
}

/** Of a query, which may be 16 MB long: a site has 18 md5s. */
const MAX_VALUES = 20_000;

/** The documents in which a field has one of some values, in the order of these; one that has several may come more than once. */
async function* foundBy<T extends { _id: string }>(
  collection: Collection<T>,
  field: keyof T & string,
  values: readonly string[],
  condition: Filter<T>,
  fields?: Partial<Record<keyof T, 1>>,
): AsyncIterable<T> {
  for (const batch of batchesOf(values, MAX_VALUES)) {
    const found = collection.find({ ...condition, [field]: { $in: batch } } as Filter<T>);
    yield* (fields === undefined ? found : found.project<T>(fields)) as AsyncIterable<T>;
  }
}

async function all<T>(documents: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const document of documents) found.push(document);
  return found;
}
