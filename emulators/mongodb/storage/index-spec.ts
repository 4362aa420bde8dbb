import { CommandError } from '../errors.ts';
import { compileFilter, type Filter, isOperators } from '../filters/filter.ts';
import { isNumeric, isYes, toDouble } from '../values/numbers.ts';
import { equals } from '../values/order.ts';
import type { SortField } from '../values/sort.ts';
import { type Document, isDocument, typeOf, type Value } from '../values/values.ts';

/** An index as it was asked for. `document` is what `listIndexes` shows. */
export interface IndexSpec {
  name: string;
  fields: SortField[];
  unique: boolean;
  partial: Filter | undefined;
  expireAfterSeconds: number | undefined;
  document: Document;
}

/** The options of an index that are known. */
export const indexOptionNames = [
  'key',
  'name',
  'unique',
  'partialFilterExpression',
  'expireAfterSeconds',
  'background',
  'v',
];

/** Reads one entry of `createIndexes`; kinds and options that this server has not are refused. */
export function parseIndexSpec(value: Value): IndexSpec {
  if (!isDocument(value) || !isDocument(value.key)) {
    throw new CommandError('FailedToParse', "The 'key' field is a required property of an index specification");
  }
  const unknown = Object.keys(value).find((key) => !indexOptionNames.includes(key));
  if (unknown !== undefined) {
    throw new CommandError('InvalidOptions', `The field '${unknown}' is not valid for an index specification`);
  }
  const fields = indexFields(value.key);
  const { name, unique, partialFilterExpression: partial, expireAfterSeconds: expire } = value;
  if (typeof name !== 'string' || name === '') {
    throw new CommandError('FailedToParse', "The 'name' field is a required property of an index specification");
  }
  if (partial !== undefined) checkPartial(partial);
  const isId = fields.length === 1 && fields[0]?.field === '_id';
  const document: Document = { v: 2, key: value.key, name };
  if (isYes(unique) && !isId) document.unique = true;
  if (partial !== undefined) document.partialFilterExpression = partial;
  if (expire !== undefined) document.expireAfterSeconds = expire;
  return {
    name,
    fields,
    unique: isYes(unique) || isId,
    partial: partial === undefined ? undefined : compileFilter(partial),
    expireAfterSeconds: expirySeconds(expire, fields),
    document,
  };
}

const partialOperators = ['$eq', '$gt', '$gte', '$lt', '$lte', '$in', '$exists'];

/** MongoDB takes only some operators in a partial index. */
function checkPartial(filter: Value): void {
  for (const [key, value] of Object.entries(isDocument(filter) ? filter : { $not: filter })) {
    if (key === '$and' || key === '$or') {
      for (const clause of Array.isArray(value) ? value : []) checkPartial(clause);
      continue;
    }
    const operators = isOperators(value) ? value : { $eq: value };
    const taken = Object.entries(operators).every(
      ([name, argument]) => partialOperators.includes(name) && (name !== '$exists' || isYes(argument)),
    );
    if (key.startsWith('$') || !taken) {
      throw new CommandError('CannotCreateIndex', `unsupported expression in partial index: ${key}`);
    }
  }
}

function indexFields(key: Document): SortField[] {
  const fields = Object.entries(key).map(([field, direction]): SortField => {
    if (typeof direction === 'string') {
      throw new CommandError('CannotCreateIndex', `Unknown index plugin '${direction}'`);
    }
    if (!isNumeric(direction) || toDouble(direction) === 0) {
      throw new CommandError('CannotCreateIndex', `Values in v:2 index key pattern must be numbers, not 0: ${field}`);
    }
    if (field === '' || field.split('.').some((part) => part === '' || part.startsWith('$'))) {
      throw new CommandError('CannotCreateIndex', `Index keys cannot contain an empty or $-prefixed field: '${field}'`);
    }
    return { field, direction: toDouble(direction) < 0 ? -1 : 1 };
  });
  if (fields.length === 0) throw new CommandError('CannotCreateIndex', 'Index keys cannot be empty.');
  return fields;
}

function expirySeconds(value: Value, fields: SortField[]): number | undefined {
  if (value === undefined) return undefined;
  if (!isNumeric(value) || toDouble(value) < 0) {
    throw new CommandError(
      'CannotCreateIndex',
      `TTL index 'expireAfterSeconds' must be numeric and not negative, found ${typeOf(value)}`,
    );
  }
  if (fields.length > 1 || fields[0]?.field === '_id') {
    throw new CommandError('CannotCreateIndex', 'TTL indexes are single-field indexes, and not on _id');
  }
  return toDouble(value);
}

/** Do the two ask for the same index? */
export function sameIndex(a: IndexSpec, b: IndexSpec): boolean {
  const { name: _, ...one } = a.document;
  const { name: __, ...other } = b.document;
  return equals(one, other);
}
