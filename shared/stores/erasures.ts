import { createHash } from 'node:crypto';
import type { Db } from 'mongodb';
import { transient } from '../runtime/errors.ts';

/** How much there is, or was removed, by place. */
export interface ErasureCounts {
  /** Objects. */
  archive: number;
  /** Documents, by collection. */
  mongodb: Record<string, number>;
  /** Rows, by table. */
  bigquery: Record<string, number>;
}

/**
 * The receipt of an erasure: what was removed, where, how many, when; and nothing of whom. It outlives what it tells of, so
 * that an event from before it, delivered late, is known for one that must not come back.
 */
export interface ErasureDocument {
  /** Random. */
  _id: string;
  /** The project's hash. */
  project: string;
  /** Digests of project and site, md5 or address; see erasureKeys. */
  keys: string[];
  by: 'site' | 'email';
  status: 'pending' | 'done';
  requestedAt: Date;
  /** Everything received until then is erased; later reports are a new start. */
  erasedAt: Date;
  finishedAt: Date | null;
  removed: ErasureCounts;
  /** What may still be there, while it is not done: rows in these tables, and the objects of the events. */
  pending: { tables: string[]; objects: string[] } | null;
}

/** Whom an erasure is about, or an event is from. */
export interface ErasureSubject {
  projectHash: string;
  /** Canonical. */
  sites?: string[];
  urlMd5s?: string[];
  /** See emailHash. */
  emailHashes?: string[];
}

export interface Erasures {
  /**
   * Whether what a site said at `receivedAt` (ISO 8601) was erased since, by its site, its md5 or the address in it. A new
   * report of the same site was not.
   */
  isErased(event: {
    projectHash: string;
    receivedAt: string;
    site?: string;
    urlMd5?: string;
    emailHash?: string;
  }): Promise<boolean>;
  /** Writes a receipt, or what became of it. */
  put(receipt: ErasureDocument): Promise<void>;
  /** The receipts of what is not done, oldest first. */
  pending(): Promise<ErasureDocument[]>;
}

export function openErasures(db: Db): Erasures {
  const erasures = db.collection<ErasureDocument>('erasures');
  return {
    isErased: ({ projectHash, receivedAt, site, urlMd5, emailHash: hash }) =>
      transient('erasures', async () => {
        const keys = erasureKeys({ projectHash, sites: list(site), urlMd5s: list(urlMd5), emailHashes: list(hash) });
        const found = await erasures.findOne({ keys: { $in: keys }, erasedAt: { $gte: new Date(receivedAt) } });
        return found !== null;
      }),
    put: ({ _id, ...rest }) =>
      transient('erasures', async () => {
        await erasures.replaceOne({ _id }, rest as ErasureDocument, { upsert: true });
      }),
    pending: () =>
      transient('erasures', () => erasures.find({ status: 'pending' }).sort({ requestedAt: 1, _id: 1 }).toArray()),
  };
}

function list<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}

/** An address as a receipt may hold it, lower-cased: a digest that the project is part of. */
export function emailHash(projectHash: string, email: string): string {
  return digest(projectHash, 'email', email.trim().toLowerCase());
}

/** The keys under which receipts are found. Sorted. */
export function erasureKeys({ projectHash, sites = [], urlMd5s = [], emailHashes = [] }: ErasureSubject): string[] {
  const keys = [
    ...sites.map((site) => digest(projectHash, 'site', site)),
    ...urlMd5s.map((md5) => digest(projectHash, 'md5', md5)),
    ...emailHashes,
  ];
  return [...new Set(keys)].sort();
}

function digest(projectHash: string, what: string, value: string): string {
  return createHash('sha256').update(`${projectHash}\n${what}\n${value}`, 'utf8').digest('hex');
}
