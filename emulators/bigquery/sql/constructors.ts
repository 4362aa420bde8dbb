import { invalidQuery, unsupportedQuery } from '../errors.ts';
import { elementType, engineType, type FieldType, quote, standardName, type Type } from '../schema.ts';
import { unify } from './comparable.ts';
import { expression, type Resolved, type Scope } from './scope.ts';
import { as, expectOnly, type Fields, list } from './tree.ts';
import { arrayOf, readType } from './types.ts';

/** `[a, b]`. */
export function array(fields: Fields, scope: Scope): Resolved {
  expectOnly('an array', fields, 'expressions');
  const { values, type } = unify(
    '[]',
    list(fields.expressions).map((item) => expression(item, scope)),
  );
  if (type?.mode === 'REPEATED') throw invalidQuery('Cannot construct array with element type ARRAY');
  return { sql: `[${values.map(({ sql }) => sql).join(', ')}]`, type: arrayOf(type) };
}

/** `STRUCT<a INT64>(1)`, `ARRAY<…>[…]` and `CAST`: the parser makes casts of all of them. */
export function cast(safe: boolean) {
  return (fields: Fields, scope: Scope): Resolved => {
    expectOnly('CAST', fields, 'this', 'to');
    const type = readType(fields.to);
    const struct = as(fields.this, 'struct');
    if (struct !== undefined) return typedStruct(struct, type, scope);
    if (type.mode === 'REPEATED' && as(fields.this, 'array')) return typedArray(fields, type, scope);
    return { sql: castTo(expression(fields.this, scope), type, safe), type };
  };
}

const times: readonly FieldType[] = ['STRING', 'DATE', 'DATETIME', 'TIMESTAMP'];

/** What each type can be cast to. */
const casts: Readonly<Partial<Record<FieldType, readonly FieldType[]>>> = {
  INTEGER: ['BOOLEAN', 'INTEGER', 'FLOAT', 'STRING'],
  FLOAT: ['INTEGER', 'FLOAT', 'STRING'],
  BOOLEAN: ['BOOLEAN', 'INTEGER', 'STRING'],
  STRING: ['BOOLEAN', 'INTEGER', 'FLOAT', 'STRING', 'BYTES', 'DATE', 'DATETIME', 'TIMESTAMP'],
  BYTES: ['STRING', 'BYTES'],
  DATE: times,
  DATETIME: times,
  TIMESTAMP: times,
};

/** Where DuckDB's own cast means something else: from and to -> a macro, which has a twin `safe_…`. */
const macros: Readonly<Record<string, string>> = {
  'STRING INTEGER': 'text_to_int64',
  'FLOAT INTEGER': 'float_to_int64',
  'STRING FLOAT': 'text_to_float',
  'STRING BOOLEAN': 'text_to_bool',
};

const plainMacros: Readonly<Record<string, string>> = {
  'FLOAT STRING': 'bq.float_to_text',
  'BYTES STRING': 'decode',
  'STRING BYTES': 'encode',
  'TIMESTAMP STRING': 'bq.timestamp_to_text',
  'DATETIME STRING': 'bq.time_text',
};

/** CAST and SAFE_CAST. */
export function castTo({ sql, type: from }: Resolved, type: Type, safe: boolean): string {
  if (type.mode === 'REPEATED' || type.type === 'RECORD') throw unsupportedQuery(`CAST to ${standardName(type)}`);
  if (from !== undefined && (from.mode === 'REPEATED' || !casts[from.type]?.includes(type.type))) {
    throw invalidQuery(`Invalid cast from ${standardName(from)} to ${standardName(type)}`);
  }
  const pair = `${from?.type} ${type.type}`;
  if (macros[pair] !== undefined) return `bq.${safe ? 'safe_' : ''}${macros[pair]}(${sql})`;
  if (plainMacros[pair] !== undefined) return `${plainMacros[pair]}(${sql})`;
  return `${safe ? 'TRY_CAST' : 'CAST'}(${sql} AS ${engineType(type)})`;
}

function typedStruct(struct: Fields, type: Type, scope: Scope): Resolved {
  const values = list(struct.fields).map((pair) => expression(list(pair)[1], scope));
  const fields = type.fields ?? [];
  if (values.length !== fields.length) throw invalidQuery('STRUCT has another number of fields than its type');
  const packed = fields.map((field, i) => `${quote(field.name)} := ${typed(values[i], field)}`).join(', ');
  return { sql: `CAST(struct_pack(${packed}) AS ${elementType(type)})`, type };
}

/** A value of a declared type: it must be of that type, not only castable to it as DuckDB has it. */
function typed(value: Resolved | undefined, type: Type): string {
  if (value === undefined) return 'NULL';
  const known = unify('STRUCT', [value, { sql: 'NULL', type }]);
  if (known.type?.type === type.type) return known.values[0]?.sql ?? 'NULL';
  throw invalidQuery(`A value of another type cannot be a field of type ${standardName(type)}`);
}

function typedArray(fields: Fields, type: Type, scope: Scope): Resolved {
  const element: Type = { ...type, mode: 'NULLABLE' };
  const items = list(as(fields.this, 'array')?.expressions).map((item) => {
    const tuple = as(item, 'tuple');
    if (tuple === undefined) return typed(expression(item, scope), element);
    const pairs = list(tuple.expressions).map((value) => [null, value]);
    return typedStruct({ fields: pairs }, element, scope).sql;
  });
  return { sql: `CAST([${items.join(', ')}] AS ${engineType(type)})`, type };
}
