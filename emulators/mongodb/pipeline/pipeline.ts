import { CommandError } from '../errors.ts';
import { compileFilter } from '../filters/filter.ts';
import type { Collection } from '../storage/collection.ts';
import { countRows, readRows } from '../storage/query.ts';
import { toInteger } from '../values/numbers.ts';
import { fieldPath } from '../values/path.ts';
import { sortDocuments, sortFields } from '../values/sort.ts';
import { type Document, fieldOf, isDocument, type Value } from '../values/values.ts';
import { compileGroup } from './group.ts';
import { compileProjection } from './projection.ts';

/** Turns a stream of documents into another one; reads no more than it is asked for. */
type Stage = (documents: Iterable<Document>) => Iterable<Document>;

const stages: Record<string, (argument: Value) => Stage> = {
  $match: (argument) => {
    const matches = compileFilter(argument);
    return function* match(documents) {
      for (const document of documents) if (matches(document)) yield document;
    };
  },
  $group: compileGroup,
  $sort: (argument) => {
    if (sortFields(argument).length === 0) throw new CommandError(15976, '$sort stage must have at least one sort key');
    return (documents) => sortDocuments(documents, argument, (document) => document);
  },
  $limit: (argument) => {
    const limit = toInteger(argument);
    if (limit === undefined || limit <= 0) throw new CommandError(15958, 'the limit must be positive');
    return (documents) => slice(documents, 0, limit);
  },
  $skip: (argument) => {
    const skip = toInteger(argument);
    if (skip === undefined || skip < 0)
      throw new CommandError(5107200, 'invalid argument to $skip stage: Expected a non-negative number');
    return (documents) => slice(documents, skip, Number.POSITIVE_INFINITY);
  },
  $project: (argument) => {
    if (isDocument(argument) && Object.keys(argument).length === 0) {
      const message = 'Invalid $project :: caused by :: projection specification must have at least one field';
      throw new CommandError(51272, message);
    }
    const project = compileProjection(argument);
    return function* map(documents) {
      for (const document of documents) yield project(document);
    };
  },
  $unwind: compileUnwind,
  $count: compileCount,
  $changeStream: () => {
    throw new CommandError(40573, 'The $changeStream stage is only supported on replica sets');
  },
};

export const stageNames = Object.keys(stages).filter((name) => name !== '$changeStream');

function* slice(documents: Iterable<Document>, skip: number, limit: number): Generator<Document> {
  let seen = 0;
  for (const document of documents) {
    seen += 1;
    if (seen > skip) yield document;
    if (seen - skip >= limit) return;
  }
}

function compileCount(argument: Value): Stage {
  if (typeof argument !== 'string' || argument === '' || argument.startsWith('$') || argument.includes('.')) {
    throw new CommandError(40156, "the count field must be a non-empty string without '$' and '.'");
  }
  return function* count(documents) {
    let total = 0;
    for (const _ of documents) total += 1;
    if (total > 0) yield { [argument]: total };
  };
}

function compileUnwind(argument: Value): Stage {
  const { path, ...options } = isDocument(argument) ? argument : { path: argument };
  const [option] = Object.keys(options);
  if (option !== undefined) throw new CommandError(28811, `unrecognized option to $unwind stage: ${option}`);
  if (typeof path !== 'string' || !path.startsWith('$') || path.length < 2) {
    throw new CommandError(28818, `path option to $unwind stage should be prefixed with a '$': ${String(path)}`);
  }
  const parts = path.slice(1).split('.');
  return function* unwind(documents) {
    for (const document of documents) {
      const value = fieldPath(document, parts);
      const elements = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
      for (const element of elements) yield withValue(document, parts, element);
    }
  };
}

function withValue(document: Document, [field = '', ...rest]: string[], value: Value): Document {
  const inner = fieldOf(document, field);
  return { ...document, [field]: rest.length === 0 ? value : withValue(isDocument(inner) ? inner : {}, rest, value) };
}

/** A stage of a pipeline: its name, its argument and what it does. */
interface Step {
  name: string;
  argument: Value;
  run: Stage;
}

function compileStep(stage: Value): Step {
  const [entry, ...others] = isDocument(stage) ? Object.entries(stage) : [];
  if (entry === undefined || others.length > 0) {
    throw new CommandError(40323, 'A pipeline stage specification object must contain exactly one field.');
  }
  const [name, argument] = entry;
  const compile = Object.hasOwn(stages, name) ? stages[name] : undefined;
  if (compile === undefined) throw new CommandError(40324, `Unrecognized pipeline stage name: '${name}'`);
  return { name, argument, run: compile(argument) };
}

/**
 * Runs a pipeline over a collection (a missing one is empty). Leading `$match`, `$sort`, `$skip` and `$limit` are read
 * by index, and counting what matches reads no document where an index can tell.
 */
export function aggregate(collection: Collection | undefined, pipeline: Value): Iterable<Document> {
  if (!Array.isArray(pipeline)) {
    throw new CommandError('TypeMismatch', "'pipeline' option must be specified as an array");
  }
  const steps = pipeline.map(compileStep);
  const { query, rest } = leadingQuery(steps);
  const [last] = rest.length === 1 && query.sort === undefined ? rest : [];
  const make = last && countingStep(last);
  if (collection && make) return make(countRows(collection, query));
  const documents = collection ? documentsOf(readRows(collection, query)) : [];
  return rest.reduce<Iterable<Document>>((stream, { run }) => run(stream), documents);
}

function* documentsOf(rows: Iterable<{ document: Document }>): Generator<Document> {
  for (const row of rows) yield row.document;
}

/** What the first stages say as one query, and the stages behind them. */
function leadingQuery(steps: Step[]) {
  const rest = [...steps];
  const take = (wanted: string) => (rest[0]?.name === wanted ? rest.shift()?.argument : undefined);
  const matches: Value[] = [];
  for (let match = take('$match'); match !== undefined; match = take('$match')) matches.push(match);
  const sort = take('$sort');
  const skip = toInteger(take('$skip')) ?? 0;
  const limit = toInteger(take('$limit')) ?? 0;
  const filter: Document = matches.length === 0 ? {} : { $and: matches };
  return { query: { filter, ...(sort === undefined ? {} : { sort }), skip, limit }, rest };
}

/** `{$count: field}` or the driver's `{$group: {_id: 1, n: {$sum: 1}}}`: the result for a number of documents. */
function countingStep({ name, argument }: Step): ((total: number) => Document[]) | undefined {
  if (name === '$count') return (total) => (total === 0 ? [] : [{ [String(argument)]: total }]);
  if (name !== '$group' || !isDocument(argument)) return undefined;
  const { _id: id, ...fields } = argument;
  const [[field, value] = ['', null], ...others] = Object.entries(fields);
  const isOne = isDocument(value) && Object.keys(value).length === 1 && toInteger(value.$sum) === 1;
  const isConstant = id === null || typeof id === 'number';
  if (!isOne || !isConstant || others.length > 0) return undefined;
  return (total) => (total === 0 ? [] : [{ _id: id, [field]: total }]);
}
