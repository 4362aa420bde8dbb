import { CommandError } from '../errors.ts';
import type { Variables } from '../expressions/expression.ts';
import type { Catalog } from '../storage/catalog.ts';
import { countRows, readRows } from '../storage/query.ts';
import { toInteger } from '../values/numbers.ts';
import { type Document, isDocument, type Value } from '../values/values.ts';
import { compileLookup } from './lookup.ts';
import { compileSimpleStage, type Stage } from './stages.ts';

/** Where a pipeline runs. */
export interface PipelineContext {
  catalog: Catalog;
  database: string;
  variables: Variables;
}

/** Stages that MongoDB has and this server has not. */
const unsupported = new Set(
  ['bucketAuto', 'collStats', 'currentOp', 'densify', 'fill', 'geoNear', 'graphLookup', 'indexStats', 'listSessions']
    .concat(['planCacheStats', 'redact', 'search', 'setWindowFields', 'documents', 'listLocalSessions'])
    .map((name) => `$${name}`),
);

/** Reads the stages of a pipeline as name and argument. */
export function stagesOf(pipeline: Value): [name: string, argument: Value][] {
  if (!Array.isArray(pipeline))
    throw new CommandError('TypeMismatch', "'pipeline' option must be specified as an array");
  return pipeline.map((stage) => {
    const [entry, ...others] = isDocument(stage) ? Object.entries(stage) : [];
    if (entry === undefined || others.length > 0) {
      throw new CommandError(40323, 'A pipeline stage specification object must contain exactly one field.');
    }
    return entry;
  });
}

/** Compiles a pipeline; an unknown stage is refused with code 40324. */
export function compilePipeline(pipeline: Value, context: PipelineContext): Stage {
  const stages = stagesOf(pipeline).map(([name, argument]) => compileStage(name, argument, context));
  return (documents) => stages.reduce((stream, stage) => stage(stream), documents);
}

function compileStage(name: string, argument: Value, context: PipelineContext): Stage {
  const simple = compileSimpleStage(name, argument, context.variables);
  if (simple) return simple;
  switch (name) {
    case '$lookup':
      return compileLookup(argument, context, aggregate);
    case '$unionWith':
      return compileUnion(argument, context);
    case '$facet':
      return compileFacet(argument, context);
    case '$out':
    case '$merge':
      throw new CommandError(40601, `${name} can only be the final stage in the pipeline`);
    case '$changeStream':
      throw new CommandError(40573, 'The $changeStream stage is only supported on replica sets');
    default:
      if (unsupported.has(name)) throw new CommandError('NotImplemented', `${name} is not supported by this server`);
      throw new CommandError(40324, `Unrecognized pipeline stage name: '${name}'`);
  }
}

function compileUnion(argument: Value, context: PipelineContext): Stage {
  const { coll, pipeline = [] } = isDocument(argument) ? argument : { coll: argument };
  if (typeof coll !== 'string') throw new CommandError('FailedToParse', '$unionWith needs the name of a collection');
  compilePipeline(pipeline, context);
  return function* union(documents) {
    yield* documents;
    yield* aggregate(coll, pipeline, context);
  };
}

function compileFacet(argument: Value, context: PipelineContext): Stage {
  if (!isDocument(argument) || Object.keys(argument).length === 0) {
    throw new CommandError(40169, 'the $facet specification must be a non-empty object');
  }
  const facets = Object.entries(argument).map(([name, pipeline]) => ({
    name,
    run: compilePipeline(pipeline, context),
  }));
  return (documents) => {
    const all = [...documents];
    return [Object.fromEntries(facets.map(({ name, run }) => [name, [...run(all)]]))];
  };
}

/**
 * Runs a pipeline over a collection (a missing one is empty). Leading `$match`, `$sort`, `$skip` and `$limit` are read
 * by index, and counting what matches reads no document where an index can tell.
 */
export function aggregate(name: string, pipeline: Value, context: PipelineContext, hint?: Value): Iterable<Document> {
  const stages = stagesOf(pipeline);
  // every stage is checked, also those that the query below takes over
  const run = compilePipeline(pipeline, context);
  const collection = context.catalog.get(context.database, name);
  if (!collection) return run([]);
  const query = leadingQuery(stages);
  const rest = stages.slice(query.stages);
  const read = { ...query, variables: context.variables, hint };
  const field = rest.length === 1 && query.sort === undefined ? countedField(rest[0]) : undefined;
  if (field !== undefined) return counted(countRows(collection, read), field);
  const after = compilePipeline(
    rest.map(([stage, argument]) => ({ [stage]: argument })),
    context,
  );
  return after(documentsOf(readRows(collection, read)));
}

function* documentsOf(rows: Iterable<{ document: Document }>): Generator<Document> {
  for (const row of rows) yield row.document;
}

interface LeadingQuery {
  /** How many stages the query stands for. */
  stages: number;
  filter: Document;
  sort?: Value;
  skip: number;
  limit: number;
}

function leadingQuery(stages: [name: string, argument: Value][]): LeadingQuery {
  const query: LeadingQuery = { stages: 0, filter: {}, skip: 0, limit: 0 };
  const matches: Document[] = [];
  const take = (wanted: string) => {
    const [name, argument] = stages[query.stages] ?? [];
    if (name !== wanted) return undefined;
    query.stages += 1;
    return argument;
  };
  for (let match = take('$match'); match !== undefined; match = take('$match')) matches.push(match as Document);
  if (matches.length > 0) query.filter = matches.length === 1 ? (matches[0] as Document) : { $and: matches };
  const sort = take('$sort');
  if (sort !== undefined) query.sort = sort;
  query.skip = toInteger(take('$skip')) ?? 0;
  query.limit = toInteger(take('$limit')) ?? 0;
  return query;
}

/** The field of `{$count: field}` or of the driver's `{$group: {_id: 1, n: {$sum: 1}}}`. */
function countedField([name, argument]: [string, Value] | [] = []): { id: Value; field: string } | undefined {
  if (name === '$count' && typeof argument === 'string') return { id: undefined, field: argument };
  if (name !== '$group' || !isDocument(argument)) return undefined;
  const [first, second, third] = Object.entries(argument);
  if (first?.[0] !== '_id' || second === undefined || third !== undefined) return undefined;
  const isOne = isDocument(second[1]) && Object.keys(second[1]).length === 1 && toInteger(second[1].$sum) === 1;
  const constant = first[1] === null || typeof first[1] === 'number';
  return isOne && constant ? { id: first[1], field: second[0] } : undefined;
}

function counted(total: number, { id, field }: { id: Value; field: string }): Document[] {
  if (total === 0) return [];
  return [id === undefined ? { [field]: total } : { _id: id, [field]: total }];
}
