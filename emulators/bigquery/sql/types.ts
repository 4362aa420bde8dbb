import { unsupportedQuery } from '../errors.ts';
import { type FieldType, sqlType, type Type } from '../schema.ts';
import { expectOnly, type Fields, isNode, list, nameOf } from './tree.ts';

/** Reads a type as written in SQL. Throws `invalidQuery` for types that the emulator does not have. */
export function readType(input: unknown): Type {
  if (!isNode(input)) throw unsupportedQuery('this type');
  const { data_type: kind, ...rest } = input;
  if (kind === 'array') {
    expectOnly('ARRAY', rest, 'element_type');
    return { ...readType(rest.element_type), mode: 'REPEATED' };
  }
  if (kind === 'struct') {
    expectOnly('STRUCT', rest, 'fields', 'nested');
    return { type: 'RECORD', mode: 'NULLABLE', fields: list(rest.fields).map((field) => readField(field as Fields)) };
  }
  // the parser's own names have parts: big_int
  const name = String(kind === 'custom' ? rest.name : kind).replace('_', '');
  const type = sqlType(name);
  if (type === undefined) throw unsupportedQuery(`the type ${name.toUpperCase()}`);
  expectOnly(`the type ${type}`, rest, 'name', 'integer_spelling');
  return scalar(type);
}

function readField({ name, data_type: type }: Fields) {
  const fieldName = typeof name === 'string' ? name : nameOf(name);
  if (fieldName === undefined || fieldName === '') throw unsupportedQuery('STRUCT fields without a name');
  return { name: fieldName, ...readType(type) };
}

export const isType = (type: Type | undefined, ...names: FieldType[]): boolean =>
  type !== undefined && type.mode !== 'REPEATED' && names.includes(type.type);

export const isNumber = (type: Type | undefined): boolean => isType(type, 'INTEGER', 'FLOAT');

export const isTime = (type: Type | undefined): boolean => isType(type, 'DATE', 'DATETIME', 'TIMESTAMP');

/** A value's type by its name. */
export const scalar = (type: FieldType): Type => ({ type, mode: 'NULLABLE' });
export const arrayOf = (type: Type | undefined): Type | undefined => type && { ...type, mode: 'REPEATED' };
