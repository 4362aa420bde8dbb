import { CommandError } from '../errors.ts';
import { compileFilter } from '../filters/filter.ts';
import type { Collection } from '../storage/collection.ts';
import { planQuery } from '../storage/plan.ts';
import { countRows, type Query, readRows } from '../storage/query.ts';
import { isYes } from '../values/numbers.ts';
import { compareValues, keyOf } from '../values/order.ts';
import { valuesAtPath } from '../values/path.ts';
import { compileBytesProjection, compileProjection } from '../values/projection.ts';
import { type Document, encode, isDocument, type Value } from '../values/values.ts';
import type { CursorBatch } from '../wire.ts';
import { aggregate } from './aggregate.ts';
import { type Command, type CommandContext, collectionName, countOf, cursorId, documentOf } from './command.ts';

/** A `find`, `count` or `distinct` command, checked whether there is such a collection or not. */
function readQuery(command: Document, name: string, context: CommandContext) {
  const collectionOf = collectionName(command, name);
  const sort = documentOf(command, 'sort');
  const query: Query = {
    filter: documentOf(command, name === 'find' ? 'filter' : 'query'),
    ...(Object.keys(sort).length > 0 ? { sort } : {}),
    skip: countOf(command, 'skip') ?? 0,
    limit: countOf(command, 'limit') ?? 0,
  };
  compileFilter(query.filter);
  return {
    query,
    namespace: `${context.database}.${collectionOf}`,
    collection: context.catalog.get(context.database, collectionOf),
  };
}

function find(command: Document, context: CommandContext): CursorBatch {
  const { query, namespace, collection } = readQuery(command, 'find', context);
  const projection = documentOf(command, 'projection');
  const project = compileProjection(projection);
  const keepsAll = Object.keys(projection).length === 0;
  const projectBytes = compileBytesProjection(projection);
  function* documents(): Generator<Uint8Array> {
    const fleeting = projectBytes !== undefined;
    for (const row of collection ? readRows(collection, { ...query, fleeting }) : []) {
      if (keepsAll) yield row.bytes;
      else yield projectBytes ? projectBytes(row.bytes) : encode(project(row.document));
    }
  }
  return context.cursors.start(namespace, documents(), countOf(command, 'batchSize'), isYes(command.singleBatch));
}

function getMore(command: Document, context: CommandContext): CursorBatch {
  const namespace = `${context.database}.${collectionName(command, 'collection')}`;
  return context.cursors.more(cursorId(command.getMore), namespace, countOf(command, 'batchSize'));
}

function killCursors(command: Document, { cursors }: CommandContext): Document {
  const ids = Array.isArray(command.cursors) ? command.cursors : [];
  const killed = ids.filter((id) => cursors.kill(cursorId(id)));
  const notFound = ids.filter((id) => !killed.includes(id));
  return { cursorsKilled: killed, cursorsNotFound: notFound, cursorsAlive: [], cursorsUnknown: [], ok: 1 };
}

function runAggregate(command: Document, context: CommandContext): CursorBatch {
  const { cursor } = command;
  if (!isDocument(cursor)) {
    const message = "The 'cursor' option is required, except for aggregate with the explain argument";
    throw new CommandError('FailedToParse', message);
  }
  const name = collectionName(command, 'aggregate');
  const results = aggregate(context.catalog.get(context.database, name), command.pipeline);
  function* documents(): Generator<Uint8Array> {
    for (const document of results) yield encode(document);
  }
  return context.cursors.start(`${context.database}.${name}`, documents(), countOf(cursor, 'batchSize'));
}

function count(command: Document, context: CommandContext): Document {
  const { query, collection } = readQuery(command, 'count', context);
  return { n: collection ? countRows(collection, query) : 0, ok: 1 };
}

function distinct(command: Document, context: CommandContext): Document {
  const { key } = command;
  if (typeof key !== 'string') throw new CommandError('TypeMismatch', "BSON field 'distinct.key' must be a string");
  const { query, collection } = readQuery(command, 'distinct', context);
  const found = new Map<string, Value>();
  for (const row of collection ? readRows(collection, query) : []) {
    for (const value of valuesAtPath(row.document, key.split('.')).flat()) {
      if (value !== undefined && !found.has(keyOf(value))) found.set(keyOf(value), value);
    }
    row.forget();
  }
  return { values: [...found.values()].sort(compareValues), ok: 1 };
}

/** Tells by which index a `find` or `count` would read. */
function explain(command: Document, context: CommandContext): Document {
  const inner = documentOf(command, 'explain');
  const kind = ['find', 'count'].find((name) => name in inner);
  if (kind === undefined) throw new CommandError('NotImplemented', 'explain is supported for find and count only');
  const { query, namespace, collection } = readQuery(inner, kind, context);
  const winningPlan = collection ? shownPlan(collection, query) : { stage: 'EOF' };
  return { queryPlanner: { namespace, winningPlan, rejectedPlans: [] }, ok: 1 };
}

function shownPlan(collection: Collection, { filter, sort }: Query): Document {
  const { index, reverse, sorted } = planQuery(collection, filter, sort);
  const direction = reverse ? 'backward' : 'forward';
  const access: Document = index
    ? {
        stage: 'FETCH',
        inputStage: { stage: 'IXSCAN', indexName: index.name, keyPattern: index.document.key, direction },
      }
    : { stage: 'COLLSCAN', direction };
  return sorted ? access : { stage: 'SORT', sortPattern: sort, inputStage: access };
}

export const readCommands: Record<string, Command> = {
  find: {
    fields: ['filter', 'sort', 'projection', 'skip', 'limit', 'batchSize', 'singleBatch', 'allowPartialResults'],
    run: find,
  },
  getMore: { fields: ['collection', 'batchSize'], run: getMore },
  killCursors: { fields: ['cursors'], run: killCursors },
  aggregate: { fields: ['pipeline', 'cursor'], run: runAggregate },
  count: { fields: ['query', 'limit', 'skip'], run: count },
  distinct: { fields: ['key', 'query'], run: distinct },
  explain: { fields: ['verbosity'], run: explain },
};
