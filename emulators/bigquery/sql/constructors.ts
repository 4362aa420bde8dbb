import { invalidQuery } from '../errors.ts';
import { elementType, engineType, quote } from '../schema.ts';
import { castTo } from './cast.ts';
import { expectUniform } from './comparable.ts';
import { expression, type Resolved, type Scope, type Type } from './scope.ts';
import { as, expectOnly, type Fields, list } from './tree.ts';
import { readType } from './types.ts';

/** `[a, b]`. */
export function array(fields: Fields, scope: Scope): Resolved {
  expectOnly('an array', fields, 'expressions');
  const items = list(fields.expressions).map((item) => expression(item, scope));
  expectUniform('[]', items);
  const type = items.find((item) => item.type !== undefined)?.type;
  if (type?.mode === 'REPEATED') throw invalidQuery('Cannot construct array with element type ARRAY');
  return { sql: `[${items.map(({ sql }) => sql).join(', ')}]`, type: type && { ...type, mode: 'REPEATED' } };
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

function typedStruct(struct: Fields, type: Type, scope: Scope): Resolved {
  const values = list(struct.fields).map((pair) => expression(list(pair)[1], scope).sql);
  const fields = type.fields ?? [];
  if (values.length !== fields.length) throw invalidQuery('STRUCT has another number of fields than its type');
  const packed = fields.map(({ name }, i) => `${quote(name)} := ${values[i]}`).join(', ');
  return { sql: `CAST(struct_pack(${packed}) AS ${elementType(type)})`, type };
}

function typedArray(fields: Fields, type: Type, scope: Scope): Resolved {
  const items = list(as(fields.this, 'array')?.expressions).map((item) => {
    const tuple = as(item, 'tuple');
    if (tuple === undefined) return expression(item, scope).sql;
    const pairs = list(tuple.expressions).map((value) => [null, value]);
    return typedStruct({ fields: pairs }, { ...type, mode: 'NULLABLE' }, scope).sql;
  });
  return { sql: `CAST([${items.join(', ')}] AS ${engineType(type)})`, type };
}
