import { invalidQuery, unsupportedQuery } from '../errors.ts';
import { engineType, type FieldType, standardName, type Type } from '../schema.ts';
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

/** `CAST`, and `ARRAY<…>[…]`, which is a cast for the parser. */
export function cast(safe: boolean) {
  return (fields: Fields, scope: Scope): Resolved => {
    expectOnly('CAST', fields, 'this', 'to');
    const type = readType(fields.to);
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
function castTo({ sql, type: from }: Resolved, type: Type, safe: boolean): string {
  if (type.mode === 'REPEATED' || type.type === 'RECORD') throw unsupportedQuery(`CAST to ${standardName(type)}`);
  if (from !== undefined && (from.mode === 'REPEATED' || !casts[from.type]?.includes(type.type))) {
    throw invalidQuery(`Invalid cast from ${standardName(from)} to ${standardName(type)}`);
  }
  const pair = `${from?.type} ${type.type}`;
  if (macros[pair] !== undefined) return `bq.${safe ? 'safe_' : ''}${macros[pair]}(${sql})`;
  if (plainMacros[pair] !== undefined) return `${plainMacros[pair]}(${sql})`;
  return `${safe ? 'TRY_CAST' : 'CAST'}(${sql} AS ${engineType(type)})`;
}

/** `ARRAY<INT64>[1, 2]`: the items must be of the type, not only castable to it as DuckDB has it. */
function typedArray(fields: Fields, type: Type, scope: Scope): Resolved {
  const items = list(as(fields.this, 'array')?.expressions).map((item) => expression(item, scope));
  const known = unify('ARRAY', [{ sql: 'NULL', type: { ...type, mode: 'NULLABLE' } }, ...items]);
  if (known.type?.type !== type.type) throw invalidQuery(`An item is not of the type ${standardName(type)}`);
  const values = known.values.slice(1).map(({ sql }) => sql);
  return { sql: `CAST([${values.join(', ')}] AS ${engineType(type)})`, type };
}
