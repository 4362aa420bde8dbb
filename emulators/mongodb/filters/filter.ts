import { CommandError } from '../errors.ts';
import { anyAtPath } from '../values/path.ts';
import { type Document, isDocument, typeOf, type Value } from '../values/values.ts';
import { type Condition, compileOperator } from './filter-operators.ts';

/** Does the document match? */
export type Filter = (document: Document) => boolean;

/** Compiles a query document; an unknown operator is refused with code 2, as MongoDB does. */
export function compileFilter(query: Value): Filter {
  if (!isDocument(query)) throw new CommandError('TypeMismatch', 'Expected field filter to be of type object');
  return every(Object.entries(query).map(([key, value]) => compileClause(key, value)));
}

function every(filters: Filter[]): Filter {
  return filters.length === 1 ? (filters[0] as Filter) : (document) => filters.every((filter) => filter(document));
}

/** What joins whole filters. */
const connectives: Record<string, (filters: Filter[]) => Filter> = {
  $and: every,
  $or: (filters) => (document) => filters.some((filter) => filter(document)),
};

export const connectiveNames = Object.keys(connectives);

function compileClause(key: string, value: Value): Filter {
  if (!key.startsWith('$')) return compileField(key.split('.'), value);
  const connect = Object.hasOwn(connectives, key) ? connectives[key] : undefined;
  if (connect === undefined) {
    throw new CommandError(
      'BadValue',
      `unknown top level operator: ${key}. If you have a field name that starts with a '$' symbol, consider using $getField or $setField.`,
    );
  }
  if (!Array.isArray(value)) throw new CommandError('BadValue', `${key} must be an array`);
  if (value.length === 0) throw new CommandError('BadValue', '$and/$or/$nor must be a nonempty array');
  return connect(
    value.map((clause) => {
      if (!isDocument(clause)) throw new CommandError('BadValue', '$or/$and/$nor entries need to be full objects');
      return compileFilter(clause);
    }),
  );
}

/** Is this the argument of a field a set of operators (`{$gt: 1}`), and not a value to equal? */
export function isOperators(value: Value): value is Document {
  if (!isDocument(value)) return false;
  const first = Object.keys(value)[0];
  return first?.startsWith('$') === true && first !== '$ref' && first !== '$id' && first !== '$db';
}

function compileField(parts: string[], value: Value): Filter {
  if (!isOperators(value)) {
    return bind(parts, compileOperator(typeOf(value) === 'regex' ? '$regex' : '$eq', value, undefined));
  }
  return every(
    Object.entries(value)
      .filter(([operator]) => operator !== '$options' || !('$regex' in value))
      .map(([operator, argument]) => bind(parts, compileOperator(operator, argument, value.$options))),
  );
}

function bind(parts: string[], { negated, test }: Condition): Filter {
  return (document) => anyAtPath(document, parts, test) !== negated;
}
