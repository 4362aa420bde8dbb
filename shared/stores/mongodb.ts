import { type Db, MongoClient } from 'mongodb';

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
