import { CommandError } from '../errors.ts';
import { compileFilter } from '../filters/filter.ts';
import { checkDatabase } from '../storage/catalog.ts';
import type { Collection, Index } from '../storage/collection.ts';
import { type IndexSpec, parseIndexSpec, sameIndex } from '../storage/index-spec.ts';
import { compareValues, equals } from '../values/order.ts';
import { type Document, encode, isDocument, type Value } from '../values/values.ts';
import type { CursorBatch } from '../wire.ts';
import {
  type Command,
  type CommandContext,
  collectionName,
  countOf,
  documentOf,
  documentsOf,
  flag,
} from './command.ts';

function createIndexes(command: Document, context: CommandContext): Document {
  const name = collectionName(command, 'createIndexes');
  const specs = documentsOf(command, 'indexes').map(parseIndexSpec);
  const existed = context.catalog.get(context.database, name) !== undefined;
  const collection = context.catalog.ensure(context.database, name);
  const before = collection.indexes.length;
  for (const spec of specs) if (!alreadyThere(collection, spec)) collection.addIndex(spec);
  const after = collection.indexes.length;
  return {
    numIndexesBefore: before,
    numIndexesAfter: after,
    createdCollectionAutomatically: !existed,
    ...(before === after ? { note: 'all indexes already exist' } : {}),
    ok: 1,
  };
}

/** Is there this very index? One that only shares the name or the key refuses the new one. */
function alreadyThere(collection: Collection, spec: IndexSpec): boolean {
  const named = collection.indexes.find(({ name }) => name === spec.name);
  if (named) {
    if (sameIndex(named, spec)) return true;
    if (equals(signature(named), signature(spec))) {
      throw new CommandError(
        'IndexOptionsConflict',
        `An equivalent index already exists with the same name but different options: ${spec.name}`,
      );
    }
    throw new CommandError(
      'IndexKeySpecsConflict',
      `An existing index has the same name as the requested index. Requested index: ${spec.name}`,
    );
  }
  const twin = collection.indexes.find((index) => equals(signature(index), signature(spec)));
  if (!twin) return false;
  // the driver asks for _id under its generated name
  if (twin.name === '_id_') return true;
  throw new CommandError('IndexOptionsConflict', `Index already exists with a different name: ${twin.name}`);
}

function signature({ document, unique, sparse }: IndexSpec): Document {
  return { key: document.key, partial: document.partialFilterExpression ?? null, unique, sparse };
}

function listIndexes(command: Document, context: CommandContext): CursorBatch {
  const collection = context.catalog.require(context.database, collectionName(command, 'listIndexes'));
  const namespace = `${context.database}.$cmd.listIndexes.${collection.name}`;
  const shown = collection.indexes.map(({ document }) => encode(document));
  return context.cursors.start(namespace, shown, countOf(documentOf(command, 'cursor'), 'batchSize'));
}

function dropIndexes(command: Document, context: CommandContext): Document {
  const collection = context.catalog.require(context.database, collectionName(command, 'dropIndexes'));
  const nIndexesWas = collection.indexes.length;
  for (const index of indexesToDrop(collection, command.index)) collection.dropIndex(index);
  return { nIndexesWas, ok: 1 };
}

function indexesToDrop(collection: Collection, wanted: Value): Index[] {
  if (wanted === '*') return collection.indexes.filter(({ name }) => name !== '_id_');
  return (Array.isArray(wanted) ? wanted : [wanted]).map((each) => {
    const index = collection.indexes.find(({ name, document }) =>
      isDocument(each) ? equals(document.key, each) : name === each,
    );
    if (!index) throw new CommandError('IndexNotFound', `index not found with name [${String(each)}]`);
    if (index.name === '_id_') throw new CommandError('InvalidOptions', 'cannot drop _id index');
    return index;
  });
}

function create(command: Document, context: CommandContext): Document {
  for (const field of ['capped', 'timeseries', 'viewOn', 'validator', 'clusteredIndex', 'encryptedFields']) {
    const value = command[field];
    if (value !== undefined && value !== false) {
      throw new CommandError('NotImplemented', `create: ${field} is not supported by this server`);
    }
  }
  context.catalog.create(context.database, collectionName(command, 'create'));
  return { ok: 1 };
}

function drop(command: Document, context: CommandContext): Document {
  const collection = context.catalog.get(context.database, collectionName(command, 'drop'));
  if (!collection) return { ok: 1 };
  const nIndexesWas = collection.indexes.length;
  context.catalog.drop(collection);
  return { nIndexesWas, ns: collection.namespace, ok: 1 };
}

function dropDatabase(_: Document, context: CommandContext): Document {
  checkDatabase(context.database);
  for (const collection of context.catalog.list(context.database)) context.catalog.drop(collection);
  return { dropped: context.database, ok: 1 };
}

function listCollections(command: Document, context: CommandContext): CursorBatch {
  const matches = compileFilter(documentOf(command, 'filter'));
  const shown = context.catalog
    .list(context.database)
    .map(({ name }) => ({
      name,
      type: 'collection',
      options: {},
      info: { readOnly: false },
      idIndex: { v: 2, key: { _id: 1 }, name: '_id_' },
    }))
    .filter((each) => matches(each))
    .map((each) => encode(flag(command.nameOnly) ? { name: each.name, type: each.type } : each));
  const batchSize = countOf(documentOf(command, 'cursor'), 'batchSize');
  return context.cursors.start(`${context.database}.$cmd.listCollections`, shown, batchSize);
}

function listDatabases(command: Document, context: CommandContext): Document {
  const matches = compileFilter(documentOf(command, 'filter'));
  const names = [...new Set(context.catalog.all().map(({ database }) => database))].sort(compareValues);
  const databases = names
    .map((name) => ({ name, sizeOnDisk: dataSize(context.catalog.list(name)), empty: false }))
    .filter((each) => matches(each));
  if (flag(command.nameOnly)) return { databases: databases.map(({ name }) => ({ name })), ok: 1 };
  return { databases, totalSize: databases.reduce((sum, { sizeOnDisk }) => sum + sizeOnDisk, 0), ok: 1 };
}

/** Bytes of all documents; reads them. */
function dataSize(collections: Collection[]): number {
  let bytes = 0;
  for (const collection of collections) for (const record of collection.records()) bytes += record.bytes.length;
  return bytes;
}

function collStats(command: Document, context: CommandContext): Document {
  const name = collectionName(command, 'collStats');
  const collection = context.catalog.get(context.database, name);
  const size = collection ? dataSize([collection]) : 0;
  const count = collection?.count ?? 0;
  return {
    ns: `${context.database}.${name}`,
    size,
    count,
    ...(count > 0 ? { avgObjSize: Math.floor(size / count) } : {}),
    storageSize: size,
    nindexes: collection?.indexes.length ?? 0,
    ok: 1,
  };
}

function dbStats(_: Document, context: CommandContext): Document {
  const collections = context.catalog.list(context.database);
  const size = dataSize(collections);
  return {
    db: context.database,
    collections: collections.length,
    views: 0,
    objects: collections.reduce((sum, { count }) => sum + count, 0),
    dataSize: size,
    storageSize: size,
    indexes: collections.reduce((sum, { indexes }) => sum + indexes.length, 0),
    ok: 1,
  };
}

const createFields = [
  'capped',
  'size',
  'max',
  'timeseries',
  'viewOn',
  'validator',
  'clusteredIndex',
  'encryptedFields',
].concat(['pipeline', 'validationLevel', 'validationAction']);

export const adminCommands: Record<string, Command> = {
  createIndexes: { fields: ['indexes', 'commitQuorum'], writes: true, run: createIndexes },
  listIndexes: { fields: ['cursor'], run: listIndexes },
  dropIndexes: { fields: ['index'], writes: true, run: dropIndexes },
  create: { fields: createFields, writes: true, run: create },
  drop: { fields: [], writes: true, run: drop },
  dropDatabase: { fields: [], writes: true, run: dropDatabase },
  listCollections: { fields: ['filter', 'nameOnly', 'authorizedCollections', 'cursor'], run: listCollections },
  listDatabases: { fields: ['filter', 'nameOnly', 'authorizedDatabases'], run: listDatabases },
  collStats: { fields: [], run: collStats },
  dbStats: { fields: [], run: dbStats },
};
