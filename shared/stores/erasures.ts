import type { Db } from 'mongodb';
import { type KeyNames, keysOf, NO_PROJECT } from '../report/event-keys.ts';
import { transient } from '../runtime/errors.ts';
import { openErasureParts, type StoredErasure } from './erasures-parts.ts';
import { groupQuestions } from './group-commit.ts';

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
 * that an event from before it, delivered late, is known for one that must not come back. In MongoDB it has parts.
 */
export interface ErasureDocument {
  /** Random. */
  _id: string;
  /** The project's hash; empty for a purge. */
  project: string;
  /** Digests of project and site, md5 or address; see keyOf. A purge has none: what of strangers comes later is no concern of it. */
  keys: string[];
  /** `purge`: payloads of projects that nobody here has, by their age. */
  by: 'site' | 'email' | 'purge';
  status: 'pending' | 'done';
  requestedAt: Date;
  /** Everything received until then is erased; later reports are a new start. */
  erasedAt: Date;
  finishedAt: Date | null;
  removed: ErasureCounts;
  /** What may still be there, while it is not done: rows in these tables, and the objects of the events. */
  pending: { tables: string[]; objects: string[] } | null;
  /** The objects of events from before it that were delivered since, and are still to be removed. Absent without any. */
  late?: string[];
}

/** Whom an erasure is about. */
export interface ErasureSubject extends KeyNames {
  projectHash: string;
  /** Of the md5s those that stand for no site of another project: an event that names no project is known by them. */
  unsharedMd5s?: Iterable<string>;
}

/** An event, as erasures know it. */
export interface ErasableEvent {
  /** See eventKeys. */
  keys: string[];
  /** ISO 8601. */
  receivedAt: string;
}

export interface Erasures {
  /** Whether what was received then was erased since, by its site, its md5 or an address in it. A new report was not. */
  isErased(event: ErasableEvent): Promise<boolean>;
  /** Notes the object of an event that isErased: the erasure is pending again. */
  addLate(event: ErasableEvent, object: string): Promise<void>;
  /** Writes a receipt, or what became of it; of the late objects these are no longer to be removed. */
  put(receipt: ErasureDocument, removed?: string[]): Promise<void>;
  /** The receipts of what is not done, oldest first. */
  pending(): Promise<ErasureDocument[]>;
}

/** In one question. */
const MAX_KEYS = 5000;

/** `partItems`: of a part of a receipt. */
export function openErasures(db: Db, { partItems }: { partItems?: number } = {}): Erasures {
  const erasures = db.collection<StoredErasure>('erasures');
  const parts = openErasureParts(erasures, partItems);
  const ofEvent = ({ keys, receivedAt }: ErasableEvent) => ({
    keys: { $in: keys },
    erasedAt: { $gte: new Date(receivedAt) },
  });
  const exists = async (event: ErasableEvent) =>
    (await erasures.findOne(ofEvent(event), { projection: { _id: 1 } })) !== null;
  const isErased = groupQuestions<ErasableEvent, boolean>(
    async (events) => {
      const keys = events.flatMap((event) => event.keys);
      const receivedAt = events.map((event) => event.receivedAt).sort()[0] as string;
      // next to nothing is erased: only where there is something each is asked after alone
      if (events.length > 1 && !(await exists({ keys, receivedAt }))) return events.map(() => false);
      return Promise.all(events.map(exists));
    },
    { maxSize: MAX_KEYS, sizeOf: ({ keys }) => keys.length },
  );
  return {
    isErased: (event) =>
      transient('erasures', async () => {
        if (event.keys.length === 0) return false;
        return isErased(event);
      }),
    addLate: (event, object) =>
      transient('erasures', async () => {
        const found = await erasures.findOne(ofEvent(event), { projection: { of: 1 } });
        if (found === null) return;
        const _id = found.of ?? found._id;
        await parts.addLate(_id, object);
        await erasures.updateOne({ _id }, { $set: { status: 'pending', finishedAt: null } });
      }),
    put: ({ _id, keys, pending, late: _late, status, finishedAt, ...rest }, removed = []) =>
      transient('erasures', async () => {
        await parts.add(_id, { keys, objects: pending?.objects ?? [] });
        const $set = { ...rest, status: 'pending' as const, finishedAt: null };
        await erasures.updateOne(
          { _id },
          { $set, $setOnInsert: { keys: [], pending: { tables: [] } } },
          { upsert: true },
        );
        await parts.begin(_id, rest.erasedAt);
        await parts.removeLate(_id, removed);
        const tables = pending && { tables: pending.tables };
        await erasures.updateOne({ _id }, { $set: { status, finishedAt, pending: tables } });
        if (pending === null) await parts.removeObjects(_id);
      }),
    pending: () =>
      transient('erasures', async () => {
        const ids = await parts.withLate();
        const found = await erasures
          .find({ $or: [{ status: 'pending' }, { _id: { $in: ids } }], of: { $exists: false } })
          .sort({ requestedAt: 1, _id: 1 })
          .toArray();
        const receipts: ErasureDocument[] = [];
        for (const receipt of found) receipts.push(await parts.read(receipt));
        return receipts;
      }),
  };
}

/** The keys by which a receipt tells the events that it is about, those that name no project included. Sorted. */
export function erasureKeys({ projectHash, unsharedMd5s = [], ...names }: ErasureSubject): string[] {
  return [...keysOf(projectHash, names), ...keysOf(NO_PROJECT, { ...names, urlMd5s: unsharedMd5s })].sort();
}
