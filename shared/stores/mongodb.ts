import {
  type Collection,
  type Db,
  type Filter,
  MongoClient,
  MongoError,
  MongoNetworkError,
  MongoServerSelectionError,
} from 'mongodb';

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

/** Writes a document in the place of one that `isEarlier`, or of none; a later one that is there stays. */
export async function replaceEarlier<T extends { _id: string }>(
  collection: Collection<T>,
  { _id, ...rest }: T,
  isEarlier: Filter<T>,
): Promise<void> {
  const filter = { ...isEarlier, _id } as Filter<T>;
  const replace = () =>
    collection.replaceOne(filter, rest as T, { upsert: true }).then(
      () => true,
      (error) => {
        if (error.code === DUPLICATE_KEY) return false;
        throw error;
      },
    );
  // the upsert meets a key when a later one is there, and when another writer inserted an earlier one at the same moment;
  // once there is one, only the first of these is left
  if (!(await replace())) await replace();
}
