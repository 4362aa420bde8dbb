import { randomBytes } from 'node:crypto';
import { type Db, MongoClient } from 'mongodb';
import { givenVariable } from '../emulator.ts';
import { startMongodb } from './index.ts';

/** The server that a contract is held against, with a database of its own. */
export interface Target {
  client: MongoClient;
  uri: string;
  db: Db;
  /** It is this emulator, not the server that MONGODB_URI named before the run. */
  isOurs: boolean;
  /** Drops the database and lets go of everything. */
  close(): Promise<void>;
}

export async function openTarget(): Promise<Target> {
  const given = givenVariable('MONGODB_URI');
  const emulator = given === undefined ? await startMongodb() : undefined;
  const uri = given ?? emulator?.url ?? '';
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 5000 });
  const db = client.db(`contract_${randomBytes(6).toString('hex')}`);
  return {
    client,
    uri,
    db,
    isOurs: emulator !== undefined,
    close: async () => {
      await db.dropDatabase();
      await client.close();
      await emulator?.stop();
    },
  };
}
