import { readdirSync, readFileSync } from 'node:fs';
import type { CreateIndexesOptions, Db, IndexSpecification } from 'mongodb';

/** An index of schemas/mongodb/<collection>.json. */
export interface IndexDefinition extends CreateIndexesOptions {
  key: IndexSpecification;
}

const FOLDER = new URL('../../schemas/mongodb/', import.meta.url);

/** The indexes of every collection, by the collection's name. */
export function readIndexes(): Record<string, IndexDefinition[]> {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));
  return Object.fromEntries(
    files.map((file) => [file.slice(0, -5), JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'))]),
  );
}

/** Makes what is missing; an index that is there stays. */
export async function applyIndexes(db: Db): Promise<void> {
  for (const [collection, indexes] of Object.entries(readIndexes())) {
    for (const { key, ...options } of indexes) await db.collection(collection).createIndex(key, options);
  }
}
