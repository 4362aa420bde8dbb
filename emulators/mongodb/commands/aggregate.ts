import { CommandError } from '../errors.ts';
import { compileFilter } from '../filters/filter.ts';
import type { Collection } from '../storage/collection.ts';
import { countRows } from '../storage/query.ts';
import { toInteger } from '../values/numbers.ts';
import { type Document, isDocument, type Value } from '../values/values.ts';

/** A stage's place in what `countDocuments` sends, and its argument. */
const ORDER = ['$match', '$skip', '$limit', '$group'];

export const stageNames = ORDER;

/**
 * Runs the one pipeline that has a user, that of a driver's `countDocuments`: `$match`, `$skip` and `$limit`, each or none of
 * them in this order, then `{$group: {_id: <constant>, n: {$sum: 1}}}`. A missing collection is empty.
 */
export function aggregate(collection: Collection | undefined, pipeline: Value): Document[] {
  if (!Array.isArray(pipeline))
    throw new CommandError('TypeMismatch', "'pipeline' option must be specified as an array");
  const stages = pipeline.map(stageOf);
  const names = stages.map(({ name }) => name);
  if (names.at(-1) !== '$group' || names.join() !== ORDER.filter((name) => names.includes(name)).join()) {
    throw new CommandError('NotImplemented', 'this server takes the pipeline of countDocuments alone');
  }
  const argument = (name: string) => stages.find((stage) => stage.name === name)?.argument;
  const filter = argument('$match') ?? {};
  compileFilter(filter);
  const limit = numberOf('$limit', argument('$limit') ?? 0);
  if (limit === 0 && names.includes('$limit')) throw new CommandError(15958, 'the limit must be positive');
  const [id, field] = countedBy(argument('$group'));
  const query = { filter: filter as Document, skip: numberOf('$skip', argument('$skip') ?? 0), limit };
  const total = collection ? countRows(collection, query) : 0;
  return total === 0 ? [] : [{ _id: id, [field]: total }];
}

function stageOf(stage: Value): { name: string; argument: Value } {
  const [[name, argument] = ['', null], ...others] = isDocument(stage) ? Object.entries(stage) : [];
  if (name === '' || others.length > 0) {
    throw new CommandError(40323, 'A pipeline stage specification object must contain exactly one field.');
  }
  if (name === '$changeStream') {
    throw new CommandError(40573, 'The $changeStream stage is only supported on replica sets');
  }
  if (!ORDER.includes(name)) throw new CommandError(40324, `Unrecognized pipeline stage name: '${name}'`);
  return { name, argument };
}

function numberOf(stage: string, argument: Value): number {
  const number = toInteger(argument);
  if (number === undefined || number < 0) throw new CommandError(5107200, `invalid argument to ${stage} stage`);
  return number;
}

function countedBy(group: Value): [Value, string] {
  const { _id: id, ...fields } = isDocument(group) ? group : {};
  const [[field, value] = ['', null], ...others] = Object.entries(fields);
  const isOne = isDocument(value) && Object.keys(value).length === 1 && toInteger(value.$sum) === 1;
  if (!isOne || others.length > 0 || (id !== null && typeof id !== 'number')) {
    throw new CommandError('NotImplemented', 'this server groups to count alone: {_id: 1, n: {$sum: 1}}');
  }
  return [id, field];
}
