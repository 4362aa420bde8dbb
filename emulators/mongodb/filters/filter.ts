import { CommandError } from '../errors.ts';
import { compileExpression, type Variables } from '../expressions/expression.ts';
import { anyAtPath, type MatchDetails } from '../values/path.ts';
import { isTruthy } from '../values/truth.ts';
import { type Document, isDocument, typeOf, type Value } from '../values/values.ts';
import { compileOperator } from './filter-operators.ts';

/** Does the document match? `details`, when given, is told which array element did. */
export type Filter = (document: Document, details?: MatchDetails) => boolean;

/**
 * Compiles a query document. `variables` are those of the command's `let`, for `$expr`.
 * Unknown operators are refused with code 2, as MongoDB does.
 */
export function compileFilter(query: Value, variables: Variables = {}): Filter {
  if (!isDocument(query)) throw new CommandError('TypeMismatch', 'Expected field filter to be of type object');
  return every(Object.entries(query).map(([key, value]) => compileClause(key, value, variables)));
}

function every(filters: Filter[]): Filter {
  if (filters.length === 1) return filters[0] as Filter;
  return (document, details) => filters.every((filter) => filter(document, details));
}

function compileClause(key: string, value: Value, variables: Variables): Filter {
  if (!key.startsWith('$')) return compileField(key, value, variables);
  switch (key) {
    case '$and':
      return every(clauses(key, value, variables));
    case '$or': {
      const branches = clauses(key, value, variables);
      return (document, details) => branches.some((filter) => filter(document, details));
    }
    case '$nor': {
      const branches = clauses(key, value, variables);
      return (document) => !branches.some((filter) => filter(document));
    }
    case '$expr': {
      const evaluate = compileExpression(value, variables);
      return (document) => isTruthy(evaluate({ root: document, current: document, variables }));
    }
    case '$comment':
      return () => true;
    case '$where':
    case '$text':
    case '$jsonSchema':
      throw new CommandError('NotImplemented', `${key} is not supported by this server`);
    default:
      throw new CommandError(
        'BadValue',
        `unknown top level operator: ${key}. If you have a field name that starts with a '$' symbol, consider using $getField or $setField.`,
      );
  }
}

function clauses(key: string, value: Value, variables: Variables): Filter[] {
  if (!Array.isArray(value)) throw new CommandError('BadValue', `${key} must be an array`);
  if (value.length === 0) throw new CommandError('BadValue', '$and/$or/$nor must be a nonempty array');
  return value.map((clause) => {
    if (!isDocument(clause)) throw new CommandError('BadValue', '$or/$and/$nor entries need to be full objects');
    return compileFilter(clause, variables);
  });
}

/** Is this the argument of a field a set of operators (`{$gt: 1}`), and not a value to equal? */
export function isOperators(value: Value): value is Document {
  if (!isDocument(value)) return false;
  const first = Object.keys(value)[0];
  return first?.startsWith('$') === true && first !== '$ref' && first !== '$id' && first !== '$db';
}

/** Compiles the conditions on a field; with `opensArrays` they may also hold for an element of an array there. */
function compileField(field: string, value: Value, variables: Variables, opensArrays = true): Filter {
  const parts = field.split('.');
  const tools = compilers(variables, opensArrays);
  if (!isOperators(value)) {
    return bind(parts, compileOperator(typeOf(value) === 'regex' ? '$regex' : '$eq', value, {}, tools));
  }
  const filters: Filter[] = [];
  for (const [operator, argument] of Object.entries(value)) {
    if (operator === '$options' && '$regex' in value) continue;
    if (operator === '$not') filters.push(negate(field, argument, variables, opensArrays));
    else filters.push(bind(parts, compileOperator(operator, argument, value, tools)));
  }
  return every(filters);
}

/** A test on the leaf of a path; with `negated` no leaf may pass. */
export interface Condition {
  negated: boolean;
  test(leaf: Value, details?: MatchDetails): boolean;
}

function bind(parts: string[], { negated, test }: Condition): Filter {
  if (negated) return (document) => !anyAtPath(document, parts, test);
  return (document, details) => anyAtPath(document, parts, test, details);
}

function negate(field: string, argument: Value, variables: Variables, opensArrays: boolean): Filter {
  if (!isOperators(argument) && typeOf(argument) !== 'regex') {
    throw new CommandError('BadValue', '$not needs a regex or a document');
  }
  const matches = compileField(field, argument, variables, opensArrays);
  return (document) => !matches(document);
}

/** What `$elemMatch` and `$all` need of this module. */
export interface Compilers {
  filter(query: Value): Filter;
  /** Compiles `{$gt: 1, …}` as a test on one value. */
  conditions(operators: Value): (value: Value) => boolean;
  isOperators(value: Value): value is Document;
  opensArrays: boolean;
}

function compilers(variables: Variables, opensArrays: boolean): Compilers {
  return {
    opensArrays,
    filter: (query) => compileFilter(query, variables),
    conditions: (operators) => {
      const matches = compileField('element', operators, variables, false);
      return (element) => matches({ element });
    },
    isOperators,
  };
}
