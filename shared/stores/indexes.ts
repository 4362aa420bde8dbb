import { readdirSync, readFileSync } from 'node:fs';
import type { Db, IndexDescription } from 'mongodb';

/** An index of schemas/mongodb/<collection>.json. */
export type IndexDefinition = IndexDescription;

const FOLDER = new URL('../../schemas/mongodb/', import.meta.url);

/** The indexes of every collection, by the collection's name. */
export function readIndexes(): Record<string, IndexDefinition[]> {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));
  return Object.fromEntries(
    files.map((file) => [file.slice(0, -5), JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'))]),
  );
}

/** Indexes that earlier versions made and nothing reads any more: another one of an operator's own stays. */
export const FORMER_INDEXES: Record<string, Record<string, 1 | -1>[]> = {
  sites: [{ project: 1, status: 1, lastSeenAt: -1, _id: 1 }],
};

/** Makes what is missing; an index that is there stays. */
export async function applyIndexes(db: Db): Promise<void> {
  for (const [collection, indexes] of Object.entries(readIndexes())) {
    await db.collection(collection).createIndexes(indexes);
  }
}

/** Whether a former index is still there; false also where its collection is not. */
export async function hasIndex(db: Db, collection: string, key: object): Promise<boolean> {
  return (await nameOfIndex(db, collection, key)) !== undefined;
}

/** Drops the former indexes; gives their keys. */
export async function dropFormerIndexes(db: Db): Promise<string[]> {
  const dropped: string[] = [];
  for (const [collection, keys] of Object.entries(FORMER_INDEXES)) {
    for (const key of keys) {
      const name = await nameOfIndex(db, collection, key);
      if (name === undefined) continue;
      await db.collection(collection).dropIndex(name);
      dropped.push(`${collection} ${JSON.stringify(key)}`);
    }
  }
  return dropped;
}

const NAMESPACE_NOT_FOUND = 26;

async function nameOfIndex(db: Db, collection: string, key: object): Promise<string | undefined> {
  const found = await db
    .collection(collection)
    .indexes()
    .catch((error) => {
      if (error.code === NAMESPACE_NOT_FOUND) return [];
      throw error;
    });
  return found.find((index) => JSON.stringify(index.key) === JSON.stringify(key))?.name;
}
