import { ObjectId } from 'bson';
import { CommandError } from '../errors.ts';
import { compileFilter, isOperators } from '../filters/filter.ts';
import { clausesOf } from '../storage/bounds.ts';
import { type Collection, checkId, withIdFirst } from '../storage/collection.ts';
import { type Row, readRows } from '../storage/query.ts';
import { compileUpdate, type Update } from '../updates/update.ts';
import { modify } from '../updates/update-paths.ts';
import { isYes, toInteger } from '../values/numbers.ts';
import { compileProjection } from '../values/projection.ts';
import { type Document, typeOf, type Value } from '../values/values.ts';
import { type Command, type CommandContext, checkKnown, collectionName, documentOf, documentsOf } from './command.ts';

/** Runs each statement; an error ends an ordered batch, and is reported beside what the others did. */
function runBatch<T>(statements: T[], ordered: boolean, run: (statement: T, index: number) => void): Document {
  const writeErrors: Document[] = [];
  for (const [index, statement] of statements.entries()) {
    try {
      run(statement, index);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      writeErrors.push({ index, code: error.code, errmsg: error.message, ...error.extra });
      if (ordered) break;
    }
  }
  return writeErrors.length > 0 ? { writeErrors } : {};
}

function insertOne(collection: Collection, document: Document): void {
  const whole = withIdFirst(document, () => new ObjectId());
  checkId(whole._id);
  collection.insert(whole);
}

function insert(command: Document, context: CommandContext): Document {
  const collection = context.catalog.ensure(context.database, collectionName(command, 'insert'));
  let n = 0;
  const errors = runBatch(documentsOf(command, 'documents'), command.ordered !== false, (document) => {
    insertOne(collection, document);
    n += 1;
  });
  return { n, ...errors, ok: 1 };
}

/** What a filter says by equality, as the document that an upsert starts from. */
function upsertSeed(filter: Document): Document {
  const seed: Document = {};
  for (const [key, value] of clausesOf(filter)) {
    if (key === '$or' && Array.isArray(value) && value.length === 1) {
      Object.assign(seed, upsertSeed(value[0] as Document));
      continue;
    }
    if (key.startsWith('$') || typeOf(value) === 'regex') continue;
    const equal = isOperators(value) ? equality(value) : value;
    if (equal !== undefined) modify(seed, key.split('.'), () => equal, true);
  }
  return seed;
}

function equality(operators: Document): Value {
  if (operators.$eq !== undefined) return operators.$eq;
  const { $in: list } = operators;
  return Array.isArray(list) && list.length === 1 && typeOf(list[0]) !== 'regex' ? list[0] : undefined;
}

function upsert(collection: Collection, filter: Document, update: Update): Document {
  const seed = upsertSeed(filter);
  const base = update.kind === 'replacement' ? (seed._id === undefined ? {} : { _id: seed._id }) : seed;
  const made = update.apply(base, true);
  const document = withIdFirst(made, () => new ObjectId());
  checkId(document._id);
  collection.insert(document);
  return document;
}

function applyTo(collection: Collection, row: Row, update: Update): { after: Document; changed: boolean } {
  const after = update.apply(row.document, false);
  return { after, changed: collection.replace(row, row.document, after) };
}

const updateFields = ['q', 'u', 'multi', 'upsert'];
const deleteFields = ['q', 'limit'];

function update(command: Document, context: CommandContext): Document {
  const name = collectionName(command, 'update');
  const statements = documentsOf(command, 'updates');
  const collection = statements.some(({ upsert }) => isYes(upsert))
    ? context.catalog.ensure(context.database, name)
    : context.catalog.get(context.database, name);
  const totals = { n: 0, nModified: 0, upserted: [] as Document[] };
  const errors = runBatch(statements, command.ordered !== false, (statement, index) => {
    checkKnown('update.updates', statement, (key) => updateFields.includes(key));
    const outcome = runUpdate(collection, statement);
    totals.n += outcome.n;
    totals.nModified += outcome.nModified;
    if (outcome.upsertedId !== undefined) totals.upserted.push({ index, _id: outcome.upsertedId });
  });
  const { n, nModified, upserted } = totals;
  return { n, nModified, ...(upserted.length > 0 ? { upserted } : {}), ...errors, ok: 1 };
}

function runUpdate(collection: Collection | undefined, statement: Document) {
  const filter = documentOf(statement, 'q');
  const multi = isYes(statement.multi);
  const change = compileUpdate(statement.u);
  if (multi && change.kind === 'replacement') {
    throw new CommandError('FailedToParse', 'multi update is not supported for replacement-style update');
  }
  compileFilter(filter);
  if (!collection) return { n: 0, nModified: 0, upsertedId: undefined };
  // all are found before the first is changed, so that none is met again at its new place in an index
  const rows = [...readRows(collection, { filter, limit: multi ? 0 : 1 })];
  if (rows.length === 0 && isYes(statement.upsert)) {
    return { n: 1, nModified: 0, upsertedId: upsert(collection, filter, change)._id };
  }
  let nModified = 0;
  for (const row of rows) {
    if (applyTo(collection, row, change).changed) nModified += 1;
    row.forget();
  }
  return { n: rows.length, nModified, upsertedId: undefined };
}

function remove(command: Document, context: CommandContext): Document {
  const collection = context.catalog.get(context.database, collectionName(command, 'delete'));
  let n = 0;
  const errors = runBatch(documentsOf(command, 'deletes'), command.ordered !== false, (statement) => {
    checkKnown('delete.deletes', statement, (key) => deleteFields.includes(key));
    const limit = toInteger(statement.limit);
    if (limit !== 0 && limit !== 1) {
      throw new CommandError('FailedToParse', `The limit field in delete objects must be 0 or 1. Got ${String(limit)}`);
    }
    const filter = documentOf(statement, 'q');
    compileFilter(filter);
    for (const row of collection ? [...readRows(collection, { filter, limit })] : []) {
      collection?.remove(row.id, row.document);
      n += 1;
    }
  });
  return { n, ...errors, ok: 1 };
}

function findAndModify(command: Document, context: CommandContext): Document {
  const name = collectionName(command, 'findAndModify');
  const isRemove = isYes(command.remove);
  const isUpsert = isYes(command.upsert);
  if (isRemove && (command.update !== undefined || isUpsert || isYes(command.new))) {
    throw new CommandError('FailedToParse', 'Cannot specify update, upsert or new when remove=true');
  }
  if (!isRemove && command.update === undefined) {
    throw new CommandError('FailedToParse', 'Either an update or remove=true must be specified');
  }
  const change = isRemove ? undefined : compileUpdate(command.update);
  const project = compileProjection(documentOf(command, 'fields'));
  const filter = documentOf(command, 'query');
  compileFilter(filter);
  const collection = isUpsert
    ? context.catalog.ensure(context.database, name)
    : context.catalog.get(context.database, name);
  const sort = documentOf(command, 'sort');
  const query = { filter, ...(Object.keys(sort).length > 0 ? { sort } : {}), limit: 1 };
  const [row] = collection ? readRows(collection, query) : [];
  if (collection && row) {
    let value = row.document;
    if (change === undefined) collection.remove(row.id, row.document);
    else {
      const { after } = applyTo(collection, row, change);
      if (isYes(command.new)) value = after;
    }
    const done = change === undefined ? { n: 1 } : { n: 1, updatedExisting: true };
    return { lastErrorObject: done, value: project(value), ok: 1 };
  }
  if (collection && isUpsert && change) {
    const made = upsert(collection, filter, change);
    const lastErrorObject = { n: 1, updatedExisting: false, upserted: made._id };
    return { lastErrorObject, value: isYes(command.new) ? project(made) : null, ok: 1 };
  }
  return { lastErrorObject: change === undefined ? { n: 0 } : { n: 0, updatedExisting: false }, value: null, ok: 1 };
}

export const writeCommands: Record<string, Command> = {
  insert: { fields: ['documents', 'ordered'], writes: true, run: insert },
  update: { fields: ['updates', 'ordered'], writes: true, run: update },
  delete: { fields: ['deletes', 'ordered'], writes: true, run: remove },
  findAndModify: {
    fields: ['query', 'sort', 'remove', 'update', 'new', 'fields', 'upsert'],
    writes: true,
    run: findAndModify,
  },
};
