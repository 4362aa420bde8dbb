import { ObjectId } from 'bson';
import type { CommandContext } from '../commands/command.ts';
import { CommandError } from '../errors.ts';
import { type Collection, withIdFirst } from '../storage/collection.ts';
import { readRows } from '../storage/query.ts';
import { compileUpdate, type Update } from '../updates/update.ts';
import { type Document, isDocument, type Value } from '../values/values.ts';
import { aggregate, type PipelineContext } from './pipeline.ts';

/** Runs a pipeline that ends in `$out` or `$merge` and writes what it gives. Only within `store.write`. */
export function writeOutput(
  source: string,
  stages: [name: string, argument: Value][],
  context: CommandContext,
  pipelineContext: PipelineContext,
): void {
  const [name, argument] = stages.at(-1) as [string, Value];
  const pipeline = stages.slice(0, -1).map(([stage, value]) => ({ [stage]: value }));
  const write = name === '$out' ? compileOut(argument, context) : compileMerge(argument, context, pipelineContext);
  write([...aggregate(source, pipeline, pipelineContext)]);
}

/** The target as `collection` or `{db, coll}`. */
function targetOf(name: string, target: Value, context: CommandContext): { database: string; coll: string } {
  const { db = context.database, coll } = isDocument(target) ? target : { coll: target };
  if (typeof db === 'string' && typeof coll === 'string') return { database: db, coll };
  throw new CommandError(16990, `${name} needs the name of a collection`);
}

function compileOut(argument: Value, context: CommandContext): (documents: Document[]) => void {
  const { database, coll } = targetOf('$out', argument, context);
  return (documents) => {
    const collection = context.catalog.ensure(database, coll);
    collection.clear();
    for (const document of documents) collection.insert(withIdFirst(document, () => new ObjectId()));
  };
}

const actions = {
  whenMatched: ['replace', 'keepExisting', 'merge', 'fail'],
  whenNotMatched: ['insert', 'discard', 'fail'],
};

function compileMerge(
  argument: Value,
  context: CommandContext,
  { variables }: PipelineContext,
): (documents: Document[]) => void {
  const options = isDocument(argument) && 'into' in argument ? argument : { into: argument };
  const { into, on = '_id', whenMatched = 'merge', whenNotMatched = 'insert' } = options;
  if (options.let !== undefined)
    throw new CommandError('NotImplemented', '$merge: let is not supported by this server');
  const { database, coll } = targetOf('$merge', into, context);
  const keys = (Array.isArray(on) ? on : [on]).map(String);
  const known = Array.isArray(whenMatched) || actions.whenMatched.includes(String(whenMatched));
  if (!known || !actions.whenNotMatched.includes(String(whenNotMatched))) {
    throw new CommandError('BadValue', '$merge: whenMatched or whenNotMatched is not one of its values');
  }
  return (documents) => {
    const collection = context.catalog.ensure(database, coll);
    checkUniqueOn(collection, keys);
    for (const document of documents) {
      const whole = withIdFirst(document, () => new ObjectId());
      const filter = Object.fromEntries(keys.map((key) => [key, { $eq: whole[key] ?? null }]));
      const [row] = readRows(collection, { filter, limit: 1, variables });
      if (row) {
        const after = matchedAction(whenMatched, row.document, whole, variables);
        if (after) collection.replace(row, row.document, after);
      } else if (whenNotMatched === 'insert') collection.insert(whole);
      else if (whenNotMatched === 'fail') {
        throw new CommandError(13113, '$merge could not find a matching document in the target collection');
      }
    }
  };
}

/** The document after a match; undefined to keep the old one. */
function matchedAction(
  action: Value,
  old: Document,
  fresh: Document,
  variables: PipelineContext['variables'],
): Document | undefined {
  const keepId = (update: Update) => update.apply(old, { isInsert: false, arrayIndex: undefined });
  switch (action) {
    case 'keepExisting':
      return undefined;
    case 'fail':
      throw new CommandError('DuplicateKey', '$merge found a matching document, with whenMatched: fail');
    case 'replace':
      return keepId(compileUpdate(fresh, undefined, variables));
    case 'merge':
      return { ...old, ...fresh, _id: old._id };
    default:
      return keepId(compileUpdate(action, undefined, { ...variables, new: fresh }));
  }
}

function checkUniqueOn(collection: Collection, keys: string[]): void {
  const found = collection.indexes.some(
    ({ unique, partial, fields }) =>
      unique && !partial && fields.length === keys.length && fields.every(({ field }) => keys.includes(field)),
  );
  if (!found) throw new CommandError(51183, 'Cannot find index to verify that join fields will be unique');
}
