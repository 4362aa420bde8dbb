import {
  type Collection,
  type Db,
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
export function isOutOfReach(error: unknown): boolean {
  if (error instanceof MongoNetworkError || error instanceof MongoServerSelectionError) return true;
  return error instanceof MongoError && error.hasErrorLabel('RetryableWriteError');
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
  const write = async (documents: T[]): Promise<Map<T, Refusal>> => {
    const replacements = documents.map((document) => {
      const { _id, ...rest } = document;
      const filter = { ...isEarlier(document), _id } as Filter<T>;
      return { replaceOne: { filter, replacement: rest as T, upsert: true } };
    });
    try {
      await collection.bulkWrite(replacements, { ordered: false });
      return new Map();
    } catch (error) {
      const refused = error instanceof MongoBulkWriteError ? [error.writeErrors].flat() : [];
      if (refused.length > 0) return new Map(refused.map((one) => [documents[one.index] as T, one]));
      if (documents.length === 1) return new Map([[documents[0] as T, error as Refusal]]);
      // a document that the client cannot send must not fail the others
      if (isOutOfReach(error)) throw error;
      const alone = [];
      for (const document of documents) alone.push(...(await write([document])));
      return new Map(alone);
    }
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

interface Refusal {
  code?: unknown;
}
