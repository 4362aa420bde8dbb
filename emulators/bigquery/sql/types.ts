import { unsupportedQuery } from '../errors.ts';
import { type FieldType, fieldType } from '../schema.ts';
import type { Type } from './scope.ts';
import { expectOnly, type Fields, isNode, list, nameOf } from './tree.ts';

/** Kinds of the parser's data types, where they are not the BigQuery name in lower case. */
const parserNames: Record<string, FieldType> = {
  string: 'STRING',
  timestamp: 'TIMESTAMP',
  date: 'DATE',
  time: 'TIME',
  json: 'JSON',
  boolean: 'BOOLEAN',
  decimal: 'NUMERIC',
};

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
  if (kind === 'custom') {
    const type = fieldType(String(rest.name));
    if (type !== undefined) return { type, mode: 'NULLABLE' };
  }
  const type = parserNames[String(kind)];
  if (type === undefined) throw unsupportedQuery(`the type ${String(rest.name ?? kind).toUpperCase()}`);
  expectOnly(`the type ${type}`, rest);
  return { type, mode: 'NULLABLE' };
}

function readField({ name, data_type: type }: Fields) {
  const fieldName = typeof name === 'string' ? name : nameOf(name);
  if (fieldName === undefined || fieldName === '') throw unsupportedQuery('STRUCT fields without a name');
  return { name: fieldName, ...readType(type) };
}

const numbers = new Set<FieldType>(['INTEGER', 'FLOAT', 'NUMERIC']);

export const isNumber = (type: Type | undefined): boolean =>
  type !== undefined && type.mode !== 'REPEATED' && numbers.has(type.type);

export const isType = (type: Type | undefined, ...names: FieldType[]): boolean =>
  type !== undefined && type.mode !== 'REPEATED' && names.includes(type.type);

/** A value's type by its name. */
export const scalar = (type: FieldType): Type => ({ type, mode: 'NULLABLE' });

/** The type that arithmetic on two numbers gives, when both are known. */
export function commonNumber(left: Type | undefined, right: Type | undefined): Type | undefined {
  if (!isNumber(left) || !isNumber(right)) return undefined;
  for (const type of ['FLOAT', 'NUMERIC'] as const) {
    if (left?.type === type || right?.type === type) return scalar(type);
  }
  return scalar('INTEGER');
}

const standardNames: Partial<Record<FieldType, string>> = {
  INTEGER: 'INT64',
  FLOAT: 'FLOAT64',
  BOOLEAN: 'BOOL',
  RECORD: 'STRUCT',
};

/** The type's name in messages. */
export function standardName(type: Type): string {
  const name = standardNames[type.type] ?? type.type;
  return type.mode === 'REPEATED' ? `ARRAY<${name}>` : name;
}
