import { CommandError } from '../errors.ts';
import { distinctValues } from '../expressions/array-operators.ts';
import { compileFilter } from '../filters/filter.ts';
import { writeOutput } from '../pipeline/output.ts';
import { aggregate, compilePipeline, type PipelineContext, stagesOf } from '../pipeline/pipeline.ts';
import { compileProjection } from '../pipeline/projection.ts';
import { planQuery } from '../storage/plan.ts';
import { countRows, type Query, readRows } from '../storage/query.ts';
import { compareValues } from '../values/order.ts';
import { valuesAtPath } from '../values/path.ts';
import { type Document, encode, isDocument, typeOf, type Value } from '../values/values.ts';
import type { CursorBatch } from '../wire.ts';
import {
  type Command,
  type CommandContext,
  checkCollation,
  collectionName,
  commit,
  countOf,
  cursorId,
  documentOf,
  flag,
  variablesOf,
} from './command.ts';

/** The query of a `find` or `count` command. */
function queryOf(command: Document, filterField: string): Query {
  const sort = command.sort;
  const isSorted = isDocument(sort) && Object.keys(sort).length > 0;
  if (sort !== undefined && sort !== null && !isDocument(sort)) {
    throw new CommandError('TypeMismatch', `Expected field sort to be of type object, found ${typeOf(sort)}`);
  }
  return {
    filter: documentOf(command, filterField),
    ...(isSorted ? { sort } : {}),
    hint: isDocument(command.hint) && Object.keys(command.hint).length === 0 ? undefined : command.hint,
    skip: countOf(command, 'skip') ?? 0,
    limit: countOf(command, 'limit') ?? 0,
    variables: variablesOf(command.let),
  };
}

function find(command: Document, context: CommandContext): CursorBatch {
  const name = collectionName(command, 'find');
  const namespace = `${context.database}.${name}`;
  for (const field of ['returnKey', 'showRecordId', 'tailable', 'awaitData', 'min', 'max'].filter(
    (key) => key in command,
  )) {
    const value = command[field];
    if (flag(value) || isDocument(value))
      throw new CommandError('NotImplemented', `${field} is not supported by this server`);
  }
  const query = queryOf(command, 'filter');
  const projection = documentOf(command, 'projection');
  const project = compileProjection(projection, { variables: query.variables, stage: false });
  const keepsAll = Object.keys(projection).length === 0;
  compileFilter(query.filter, query.variables);
  const collection = context.catalog.get(context.database, name);
  function* documents(): Generator<Uint8Array> {
    if (!collection) return;
    for (const row of readRows(collection, query)) {
      yield keepsAll ? row.bytes : encode(project(row.document, row.arrayIndex));
    }
  }
  return context.cursors.start(namespace, documents(), countOf(command, 'batchSize'), flag(command.singleBatch));
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
  const cursor = command.cursor;
  if (!isDocument(cursor)) {
    throw new CommandError(
      'FailedToParse',
      "The 'cursor' option is required, except for aggregate with the explain argument",
    );
  }
  if (flag(command.explain))
    throw new CommandError('NotImplemented', 'explain of aggregate is not supported by this server');
  const pipelineContext: PipelineContext = {
    catalog: context.catalog,
    database: context.database,
    variables: variablesOf(command.let),
  };
  const stages = stagesOf(command.pipeline);
  const last = stages.at(-1)?.[0];
  const batchSize = countOf(cursor, 'batchSize');
  if (typeof command.aggregate !== 'string') {
    // a pipeline on the database itself: only stages that bring their own documents could begin it
    compilePipeline(command.pipeline, pipelineContext);
    throw new CommandError('InvalidNamespace', '{aggregate: 1} is not valid for a pipeline that needs a collection');
  }
  const source = command.aggregate;
  const namespace = `${context.database}.${source}`;
  if (last === '$out' || last === '$merge') {
    commit(() => writeOutput(source, stages, context, pipelineContext), context.store);
    return context.cursors.start(namespace, []);
  }
  const results = aggregate(source, command.pipeline, pipelineContext, command.hint);
  function* documents(): Generator<Uint8Array> {
    for (const document of results) yield encode(document);
  }
  return context.cursors.start(namespace, documents(), batchSize);
}

function count(command: Document, context: CommandContext): Document {
  const name = collectionName(command, 'count');
  const query = queryOf(command, 'query');
  compileFilter(query.filter, query.variables);
  const collection = context.catalog.get(context.database, name);
  return { n: collection ? countRows(collection, query) : 0, ok: 1 };
}

function distinct(command: Document, context: CommandContext): Document {
  const name = collectionName(command, 'distinct');
  const { key } = command;
  if (typeof key !== 'string') throw new CommandError('TypeMismatch', "BSON field 'distinct.key' must be a string");
  const query = queryOf(command, 'query');
  compileFilter(query.filter, query.variables);
  const collection = context.catalog.get(context.database, name);
  if (!collection) return { values: [], ok: 1 };
  const parts = key.split('.');
  const found: Value[] = [];
  for (const row of readRows(collection, query)) {
    for (const value of valuesAtPath(row.document, parts)) {
      if (Array.isArray(value)) found.push(...value);
      else if (value !== undefined) found.push(value);
    }
    row.forget();
  }
  return { values: distinctValues(found).sort(compareValues), ok: 1 };
}

/** Tells by which index a `find` or `count` would read. */
function explain(command: Document, context: CommandContext): Document {
  const inner = documentOf(command, 'explain');
  const kind = ['find', 'count'].find((name) => name in inner);
  if (kind === undefined) throw new CommandError('NotImplemented', 'explain is supported for find and count only');
  checkCollation(inner.collation);
  const name = collectionName(inner, kind);
  const query = queryOf(inner, kind === 'find' ? 'filter' : 'query');
  const collection = context.catalog.get(context.database, name);
  const namespace = `${context.database}.${name}`;
  if (!collection) return { queryPlanner: { namespace, winningPlan: { stage: 'EOF' }, rejectedPlans: [] }, ok: 1 };
  const { index, reverse, sorted } = planQuery(collection, query.filter, query.sort, query.hint);
  const direction = reverse ? 'backward' : 'forward';
  const access: Document = index
    ? {
        stage: 'FETCH',
        inputStage: { stage: 'IXSCAN', indexName: index.name, keyPattern: index.document.key, direction },
      }
    : { stage: 'COLLSCAN', direction };
  const winningPlan = sorted ? access : { stage: 'SORT', sortPattern: query.sort, inputStage: access };
  return { queryPlanner: { namespace, winningPlan, rejectedPlans: [] }, ok: 1 };
}

const findFields = [
  'filter',
  'sort',
  'projection',
  'hint',
  'skip',
  'limit',
  'batchSize',
  'singleBatch',
  'tailable',
  'awaitData',
].concat(['returnKey', 'showRecordId', 'min', 'max', 'oplogReplay', 'allowPartialResults']);

export const readCommands: Record<string, Command> = {
  find: { fields: findFields, run: find },
  getMore: { fields: ['collection', 'batchSize'], run: getMore },
  killCursors: { fields: ['cursors'], run: killCursors },
  aggregate: { fields: ['pipeline', 'cursor', 'hint', 'explain'], run: runAggregate },
  count: { fields: ['query', 'limit', 'skip', 'hint'], run: count },
  distinct: { fields: ['key', 'query', 'hint'], run: distinct },
  explain: { fields: ['verbosity'], run: explain },
};
