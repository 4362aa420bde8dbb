import type { Collection, Db, Filter } from 'mongodb';
import { transient } from '../runtime/errors.ts';
import type { DeactivationDocument } from './deactivations.ts';
import type { OptOutDocument } from './opt-outs.ts';
import { type SiteDocument, siteKey } from './sites.ts';

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
  /** Only what began until then. */
  until: Date;
}

/** What MongoDB holds about some sites. */
export interface LatestOfSites {
  sites: SiteDocument[];
  deactivations: DeactivationDocument[];
  optOuts: OptOutDocument[];
}

/** MongoDB, as one who asks after a site sees it. */
export interface SiteLatest {
  /** The sites whose admin has the address, in any case. */
  sitesOfEmail(projectHash: string, email: string): Promise<SiteDocument[]>;
  /** Which of these md5s other sites of the project go by as well, and which any site of another project. */
  othersMd5s(projectHash: string, names: SiteNames): Promise<{ inProject: Set<string>; elsewhere: Set<string> }>;
  /** The sites and md5s of a project that `isMeant`: for one who knows digests of them only. */
  names(projectHash: string, isMeant: (name: { site?: string; urlMd5?: string }) => boolean): Promise<SiteNames>;
  find(subject: SiteSubject): Promise<LatestOfSites>;
  /** Removes these documents; gives how many of each collection were there. */
  remove(held: LatestOfSites, until: Date): Promise<Record<keyof LatestOfSites, number>>;
}

export function openSiteLatest(db: Db): SiteLatest {
  const sites = db.collection<SiteDocument>('sites');
  const deactivations = db.collection<DeactivationDocument>('deactivations');
  const optOuts = db.collection<OptOutDocument>('optOuts');
  return {
    sitesOfEmail: (project, email) =>
      transient('sites', () => {
        const adminEmail = new RegExp(`^${escaped(email)}$`, 'i');
        return sites.find({ project, $or: [{ adminEmail }, { 'pendingMail.email': adminEmail }] }).toArray();
      }),
    othersMd5s: (projectHash, own) =>
      transient('sites', async () => {
        const [inProject, elsewhere] = [new Set<string>(), new Set<string>()];
        const others = sites
          .find({ urlMd5s: { $in: own.urlMd5s }, _id: { $nin: keysOf(projectHash, own.sites) } })
          .project<Pick<SiteDocument, 'project' | 'urlMd5s'>>({ project: 1, urlMd5s: 1 });
        for await (const { project, urlMd5s } of others) {
          for (const urlMd5 of urlMd5s) (project === projectHash ? inProject : elsewhere).add(urlMd5);
        }
        return { inProject, elsewhere };
      }),
    names: (project, isMeant) =>
      transient('MongoDB', async () => {
        const names: SiteNames = { sites: [], urlMd5s: [] };
        for (const collection of [sites, deactivations]) {
          for await (const { site } of collection.find({ project }).project({ site: 1 })) {
            if (isMeant({ site })) names.sites.push(site);
          }
        }
        for await (const { urlMd5 } of optOuts.find({ project }).project({ urlMd5: 1 })) {
          if (isMeant({ urlMd5 })) names.urlMd5s.push(urlMd5);
        }
        return names;
      }),
    find: ({ projectHash, sites: names, urlMd5s, until }) =>
      transient('MongoDB', async () => {
        const _id = { $in: keysOf(projectHash, names) };
        return {
          sites: await sites.find({ _id, firstSeenAt: { $lte: until } }).toArray(),
          deactivations: await deactivations.find({ _id, deactivatedAt: { $lte: until } }).toArray(),
          optOuts: await optOuts
            .find({ _id: { $in: keysOf(projectHash, urlMd5s) }, stamp: { $lte: stampUntil(until) } })
            .toArray(),
        };
      }),
    remove: (held, until) =>
      transient('MongoDB', async () => ({
        // a document that was replaced by a new start in between stays
        sites: await removeAll(sites, held.sites, { firstSeenAt: { $lte: until } }),
        deactivations: await removeAll(deactivations, held.deactivations, { deactivatedAt: { $lte: until } }),
        optOuts: await removeAll(optOuts, held.optOuts, { stamp: { $lte: stampUntil(until) } }),
      })),
  };
}

function keysOf(projectHash: string, names: string[]): string[] {
  return names.map((name) => siteKey(projectHash, name));
}

/** After every stamp of that moment. */
function stampUntil(until: Date): string {
  return `${until.toISOString()}/\uffff`;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

async function removeAll<T extends { _id: string }>(
  collection: Collection<T>,
  documents: T[],
  condition: Filter<T>,
): Promise<number> {
  if (documents.length === 0) return 0;
  const _id = { $in: documents.map((document) => document._id) };
  return (await collection.deleteMany({ ...condition, _id } as Filter<T>)).deletedCount;
}
