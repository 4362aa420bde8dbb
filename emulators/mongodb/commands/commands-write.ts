import { ObjectId } from 'bson';
import { CommandError } from '../errors.ts';
import type { Variables } from '../expressions/expression.ts';
import { isOperators } from '../filters/filter.ts';
import { compileProjection } from '../pipeline/projection.ts';
import { clausesOf } from '../storage/bounds.ts';
import { type Collection, checkId, withIdFirst } from '../storage/collection.ts';
import { type Row, readRows } from '../storage/query.ts';
import { compileUpdate, type Update } from '../updates/update.ts';
import { modify } from '../updates/update-paths.ts';
import { toInteger } from '../values/numbers.ts';
import { type Document, typeOf, type Value } from '../values/values.ts';
import {
  type Command,
  type CommandContext,
  checkCollation,
  collectionName,
  documentOf,
  documentsOf,
  flag,
  variablesOf,
} from './command.ts';

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
export function upsertSeed(filter: Document): Document {
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
  for (const list of [operators.$in, operators.$all]) {
    if (Array.isArray(list) && list.length === 1 && typeOf(list[0]) !== 'regex' && !isOperators(list[0]))
      return list[0];
  }
  return undefined;
}

function upsert(collection: Collection, filter: Document, update: Update): Document {
  const seed = upsertSeed(filter);
  const base = update.kind === 'replacement' ? (seed._id === undefined ? {} : { _id: seed._id }) : seed;
  const made = update.apply(base, { isInsert: true, arrayIndex: undefined });
  const document = withIdFirst(made, () => new ObjectId());
  checkId(document._id);
  collection.insert(document);
  return document;
}

function applyTo(collection: Collection, row: Row, update: Update): { after: Document; changed: boolean } {
  const after = update.apply(row.document, { isInsert: false, arrayIndex: row.arrayIndex });
  return { after, changed: collection.replace(row, row.document, after) };
}

const updateFields = ['q', 'u', 'c', 'multi', 'upsert', 'arrayFilters', 'hint', 'collation'];
const deleteFields = ['q', 'limit', 'hint', 'collation'];

function checkStatement(name: string, statement: Document, fields: string[]): void {
  const unknown = Object.keys(statement).find((key) => !fields.includes(key));
  if (unknown !== undefined) throw new CommandError(40415, `BSON field '${name}.${unknown}' is an unknown field.`);
  checkCollation(statement.collation);
}

function update(command: Document, context: CommandContext): Document {
  const name = collectionName(command, 'update');
  const statements = documentsOf(command, 'updates');
  const collection = statements.some(({ upsert }) => flag(upsert))
    ? context.catalog.ensure(context.database, name)
    : context.catalog.get(context.database, name);
  const totals = { n: 0, nModified: 0, upserted: [] as Document[] };
  const variables = variablesOf(command.let);
  const errors = runBatch(statements, command.ordered !== false, (statement, index) => {
    checkStatement('update.updates', statement, updateFields);
    const outcome = runUpdate(collection, statement, variablesOf(statement.c, variables));
    totals.n += outcome.n;
    totals.nModified += outcome.nModified;
    if (outcome.upsertedId !== undefined) totals.upserted.push({ index, _id: outcome.upsertedId });
  });
  const { n, nModified, upserted } = totals;
  return { n, nModified, ...(upserted.length > 0 ? { upserted } : {}), ...errors, ok: 1 };
}

function runUpdate(collection: Collection | undefined, statement: Document, variables: Variables) {
  const filter = documentOf(statement, 'q');
  const multi = flag(statement.multi);
  const change = compileUpdate(statement.u, statement.arrayFilters, variables);
  if (multi && change.kind === 'replacement') {
    throw new CommandError('FailedToParse', 'multi update is not supported for replacement-style update');
  }
  if (!collection) return { n: 0, nModified: 0, upsertedId: undefined };
  // all are found before the first is changed, so that none is met again at its new place in an index
  const rows = [...readRows(collection, { filter, hint: statement.hint, limit: multi ? 0 : 1, variables })];
  if (rows.length === 0 && flag(statement.upsert)) {
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
  const variables = variablesOf(command.let);
  let n = 0;
  const errors = runBatch(documentsOf(command, 'deletes'), command.ordered !== false, (statement) => {
    checkStatement('delete.deletes', statement, deleteFields);
    const limit = toInteger(statement.limit);
    if (limit !== 0 && limit !== 1) {
      throw new CommandError('FailedToParse', `The limit field in delete objects must be 0 or 1. Got ${String(limit)}`);
    }
    if (!collection) return;
    const query = { filter: documentOf(statement, 'q'), hint: statement.hint, limit, variables };
    for (const row of [...readRows(collection, query)]) {
      collection.remove(row.id, row.document);
      n += 1;
    }
  });
  return { n, ...errors, ok: 1 };
}

function findAndModify(command: Document, context: CommandContext): Document {
  const name = collectionName(command, 'findAndModify' in command ? 'findAndModify' : 'findandmodify');
  const isRemove = flag(command.remove);
  const isUpsert = flag(command.upsert);
  if (isRemove && (command.update !== undefined || isUpsert || flag(command.new))) {
    throw new CommandError('FailedToParse', 'Cannot specify update, upsert or new when remove=true');
  }
  if (!isRemove && command.update === undefined) {
    throw new CommandError('FailedToParse', 'Either an update or remove=true must be specified');
  }
  const variables = variablesOf(command.let);
  const change = isRemove ? undefined : compileUpdate(command.update, command.arrayFilters, variables);
  const project = compileProjection(documentOf(command, 'fields'), { variables, stage: false });
  const filter = documentOf(command, 'query');
  const collection = isUpsert
    ? context.catalog.ensure(context.database, name)
    : context.catalog.get(context.database, name);
  const sort = command.sort === null ? undefined : command.sort;
  const [row] = collection
    ? readRows(collection, { filter, ...(sort === undefined ? {} : { sort }), hint: command.hint, limit: 1, variables })
    : [];
  if (collection && row) {
    let value = row.document;
    if (change === undefined) collection.remove(row.id, row.document);
    else {
      const { after } = applyTo(collection, row, change);
      if (flag(command.new)) value = after;
    }
    const done = change === undefined ? { n: 1 } : { n: 1, updatedExisting: true };
    return { lastErrorObject: done, value: project(value, row.arrayIndex), ok: 1 };
  }
  if (collection && isUpsert && change) {
    const made = upsert(collection, filter, change);
    const lastErrorObject = { n: 1, updatedExisting: false, upserted: made._id };
    return { lastErrorObject, value: flag(command.new) ? project(made) : null, ok: 1 };
  }
  return { lastErrorObject: change === undefined ? { n: 0 } : { n: 0, updatedExisting: false }, value: null, ok: 1 };
}

const findAndModifyCommand: Command = {
  fields: ['query', 'sort', 'remove', 'update', 'new', 'fields', 'upsert', 'arrayFilters', 'hint'],
  writes: true,
  run: findAndModify,
};

export const writeCommands: Record<string, Command> = {
  insert: { fields: ['documents', 'ordered'], writes: true, run: insert },
  update: { fields: ['updates', 'ordered'], writes: true, run: update },
  delete: { fields: ['deletes', 'ordered'], writes: true, run: remove },
  findAndModify: findAndModifyCommand,
  findandmodify: findAndModifyCommand,
};
