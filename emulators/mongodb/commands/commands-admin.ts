import { CommandError } from '../errors.ts';
import { compileFilter } from '../filters/filter.ts';
import { checkDatabase } from '../storage/catalog.ts';
import type { Collection, Index } from '../storage/collection.ts';
import { type IndexSpec, parseIndexSpec, sameIndex } from '../storage/index-spec.ts';
import { isNumeric, isYes, toDouble } from '../values/numbers.ts';
import { compareValues, equals } from '../values/order.ts';
import { type Document, double, encode, isDocument, type Value } from '../values/values.ts';
import type { CursorBatch } from '../wire.ts';
import { type Command, type CommandContext, collectionName, countOf, documentOf, documentsOf } from './command.ts';

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

function signature({ document, unique }: IndexSpec): Document {
  return { key: document.key, partial: document.partialFilterExpression ?? null, unique };
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
    .map((each) => encode(isYes(command.nameOnly) ? { name: each.name, type: each.type } : each));
  const batchSize = countOf(documentOf(command, 'cursor'), 'batchSize');
  return context.cursors.start(`${context.database}.$cmd.listCollections`, shown, batchSize);
}

function listDatabases(_: Document, { catalog }: CommandContext): Document {
  const names = [...new Set(catalog.all().map(({ database }) => database))].sort(compareValues);
  const databases = names.map((name) => ({ name, sizeOnDisk: dataSize(catalog.list(name)), empty: false }));
  return { databases, totalSize: databases.reduce((sum, { sizeOnDisk }) => sum + sizeOnDisk, 0), ok: 1 };
}

/** Bytes of all documents; reads them. */
function dataSize(collections: Collection[]): number {
  let bytes = 0;
  for (const collection of collections) for (const record of collection.records()) bytes += record.bytes.length;
  return bytes;
}

/** Sizes are given in units of `scale` bytes. */
function dbStats(command: Document, context: CommandContext): Document {
  const scaleFactor = Math.trunc(isNumeric(command.scale) ? toDouble(command.scale) : 1);
  if (!(scaleFactor >= 1)) throw new CommandError('BadValue', 'scale has to be a number >= 1');
  const collections = context.catalog.list(context.database);
  const size = dataSize(collections) / scaleFactor;
  return {
    db: context.database,
    collections: collections.length,
    views: 0,
    objects: collections.reduce((sum, { count }) => sum + count, 0),
    dataSize: double(size),
    storageSize: double(size),
    indexes: collections.reduce((sum, { indexes }) => sum + indexes.length, 0),
    scaleFactor,
    ok: 1,
  };
}

export const adminCommands: Record<string, Command> = {
  createIndexes: { fields: ['indexes', 'commitQuorum'], writes: true, run: createIndexes },
  listIndexes: { fields: ['cursor'], run: listIndexes },
  dropIndexes: { fields: ['index'], writes: true, run: dropIndexes },
  create: { fields: [], writes: true, run: create },
  drop: { fields: [], writes: true, run: drop },
  dropDatabase: { fields: [], writes: true, run: dropDatabase },
  listCollections: { fields: ['filter', 'nameOnly', 'authorizedCollections', 'cursor'], run: listCollections },
  listDatabases: { fields: ['nameOnly', 'authorizedDatabases'], run: listDatabases },
  dbStats: { fields: ['scale', 'freeStorage'], run: dbStats },
};
