import { CommandError } from '../errors.ts';
import { toInteger } from '../values/numbers.ts';
import { type Document, decode, encode, type Value } from '../values/values.ts';
import { Collection, type Index } from './collection.ts';
import { parseIndexSpec } from './index-spec.ts';
import type { Data, KeyRange } from './store.ts';

/** Collection number 0 is the catalog itself: a document per collection under its namespace. */
const catalogHead = Buffer.alloc(6);
const catalogRange: KeyRange = { lower: catalogHead, upper: Buffer.from([0, 0, 0, 0, 0, 1]) };

const idIndex = { v: 2, key: { _id: 1 }, name: '_id_' };

/** Every database and collection of the server. Databases exist as long as they have a collection. */
export class Catalog {
  #data: Data;
  #collections = new Map<string, Collection>();
  #nextId = 1;

  constructor(data: Data) {
    this.#data = data;
    for (const key of data.keys(catalogRange)) {
      const { id, database, name, indexes } = decode(data.get(key) as Buffer);
      this.#add(Number(id), String(database), String(name), (indexes as Document[]).map(readIndex));
    }
  }

  get(database: string, name: string): Collection | undefined {
    return this.#collections.get(`${database}.${name}`);
  }

  require(database: string, name: string): Collection {
    const collection = this.get(database, name);
    if (!collection) throw new CommandError('NamespaceNotFound', `ns does not exist: ${database}.${name}`);
    return collection;
  }

  /** The collection, made when missing. Only within `store.write`. */
  ensure(database: string, name: string): Collection {
    return this.get(database, name) ?? this.#create(database, name);
  }

  create(database: string, name: string): Collection {
    if (this.get(database, name)) {
      throw new CommandError('NamespaceExists', `Collection ${database}.${name} already exists.`);
    }
    return this.#create(database, name);
  }

  drop(collection: Collection): void {
    collection.clear();
    this.#data.remove(catalogKey(collection.namespace));
    this.#collections.delete(collection.namespace);
  }

  /** The collections of a database, by name. */
  list(database: string): Collection[] {
    return this.all()
      .filter((collection) => collection.database === database)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  all(): Collection[] {
    return [...this.#collections.values()];
  }

  #create(database: string, name: string): Collection {
    checkNames(database, name);
    const collection = this.#add(this.#nextId, database, name, [
      { ...parseIndexSpec(idIndex), id: 1, multikey: false },
    ]);
    this.#save(collection);
    return collection;
  }

  #add(id: number, database: string, name: string, indexes: Index[]): Collection {
    const collection: Collection = new Collection(this.#data, id, database, name, indexes, () =>
      this.#save(collection),
    );
    this.#collections.set(collection.namespace, collection);
    this.#nextId = Math.max(this.#nextId, id + 1);
    return collection;
  }

  #save({ id, database, name, namespace, indexes }: Collection): void {
    const shown = indexes.map((index) => ({ id: index.id, multikey: index.multikey, spec: index.document }));
    this.#data.put(catalogKey(namespace), encode({ id, database, name, indexes: shown }));
  }
}

function readIndex({ id, multikey, spec }: Document): Index {
  return { ...parseIndexSpec(spec), id: toInteger(id) ?? 0, multikey: multikey === true };
}

function catalogKey(namespace: string): Buffer {
  return Buffer.concat([catalogHead, Buffer.from(namespace)]);
}

function checkNames(database: string, name: string): void {
  checkDatabase(database);
  const bad =
    name === '' || name.includes('$') || name.includes('\0') || name.startsWith('system.') || name.startsWith('.');
  if (bad) throw new CommandError('InvalidNamespace', `Invalid collection name specified '${database}.${name}'`);
  if (Buffer.byteLength(`${database}.${name}`) > 255) {
    throw new CommandError('InvalidNamespace', `Fully qualified namespace is too long: ${database}.${name}`);
  }
}

export function checkDatabase(database: Value): asserts database is string {
  if (typeof database === 'string' && database.length <= 63 && /^[^/\\. "$*<>:|?\0]+$/.test(database)) return;
  throw new CommandError('InvalidNamespace', `Invalid database name specified '${String(database)}'`);
}
