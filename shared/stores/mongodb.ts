import {
  type AnyBulkWriteOperation,
  type BulkWriteResult,
  type Collection,
  type Db,
  type Document,
  type Filter,
  MongoBulkWriteError,
  MongoClient,
  MongoError,
  MongoNetworkError,
  MongoServerSelectionError,
} from 'mongodb';
import { groupCommit } from './group-commit.ts';

/** The database that a `mongodb://` uri names, and how to let go of it. Connects at the first use. */
export interface Latest {
  db: Db;
  close(): Promise<void>;
}

/** `maxPoolSize` connections at most: instances times this must stay below what the server allows. */
export function openLatest({ mongodbUri, maxPoolSize }: { mongodbUri: string; maxPoolSize: number }): Latest {
  const client = new MongoClient(mongodbUri, { maxPoolSize, serverSelectionTimeoutMS: 5000, socketTimeoutMS: 30_000 });
  return { db: client.db(), close: () => client.close() };
}

/** MongoDB's code for a second document of one key. */
export const DUPLICATE_KEY = 11000;

/** Whether a call failed with the server, whatever it was about. */
function isOutOfReach(error: unknown): boolean {
  if (error instanceof MongoNetworkError || error instanceof MongoServerSelectionError) return true;
  return error instanceof MongoError && error.hasErrorLabel('RetryableWriteError');
}

/** Items that went to the server as one command, and what it answered. */
interface Written<I> {
  items: I[];
  result: Pick<BulkWriteResult, 'matchedCount' | 'upsertedIds'>;
  /** Each for a reason of its own. */
  refused: ReadonlyMap<I, { code?: unknown }>;
}

/** Writes items as one command; if the client cannot send one of them, each alone. Throws when nobody knows what was written. */
export async function writeTogether<I, T extends Document>(
  collection: Collection<T>,
  items: I[],
  writeOf: (item: I) => AnyBulkWriteOperation<T>,
): Promise<Written<I>[]> {
  try {
    const result = await collection.bulkWrite(items.map(writeOf), { ordered: false });
    return [{ items, result, refused: new Map() }];
  } catch (error) {
    const isAnswer = error instanceof MongoBulkWriteError;
    const refused = new Map((isAnswer ? [error.writeErrors].flat() : []).map((one) => [items[one.index] as I, one]));
    if (isAnswer && refused.size > 0) return [{ items, result: error.result, refused }];
    const nothing = { matchedCount: 0, upsertedIds: {} };
    if (items.length === 1) return [{ items, result: nothing, refused: new Map([[items[0] as I, error as object]]) }];
    // the driver gives a connection that broke the name of an answer, too
    if (isAnswer || isOutOfReach(error)) throw error;
    const alone: Written<I>[] = [];
    for (const item of items) alone.push(...(await writeTogether(collection, [item], writeOf)));
    return alone;
  }
}

const MAX_REPLACED = 500;

/**
 * Writes documents in the place of those that are earlier (`isEarlier`), or of none; a later one that is there stays. Those that
 * are under way at the same moment share a write.
 */
export function openReplacer<T extends { _id: string }>(
  collection: Collection<T>,
  isEarlier: (document: T) => Filter<T>,
): (document: T) => Promise<void> {
  const write = async (documents: T[]) => {
    const written = await writeTogether(collection, documents, (document) => {
      const { _id, ...rest } = document;
      const filter = { ...isEarlier(document), _id } as Filter<T>;
      return { replaceOne: { filter, replacement: rest as T, upsert: true } };
    });
    return new Map(written.flatMap(({ refused }) => [...refused]));
  };
  const { add } = groupCommit<T>(
    async (documents) => {
      const failures = await write(documents);
      const met = documents.filter((document) => failures.get(document)?.code === DUPLICATE_KEY);
      if (met.length === 0) return failures;
      // the upsert meets a key when a later one is there, and when another writer inserted an earlier one at the same moment;
      // once there is one, only the first of these is left
      const again = await write(met);
      for (const document of met) {
        const failure = again.get(document);
        if (failure === undefined || failure.code === DUPLICATE_KEY) failures.delete(document);
        else failures.set(document, failure);
      }
      return failures;
    },
    { maxItems: MAX_REPLACED, maxSize: MAX_REPLACED, sizeOf: () => 1 },
  );
  return add;
}
