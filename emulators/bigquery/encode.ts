import { type DuckDBType, DuckDBTypeId, type DuckDBValue } from '@duckdb/node-api';
import { invalidQuery, unsupportedQuery } from './errors.ts';
import type { Field, FieldType } from './schema.ts';
import { type FormatOptions, scalars } from './values.ts';

const { TINYINT, SMALLINT, INTEGER, UTINYINT, USMALLINT, UINTEGER, UBIGINT, HUGEINT, SQLNULL } = DuckDBTypeId;

/** What has no type is INT64 in BigQuery. */
const integers = [TINYINT, SMALLINT, INTEGER, UTINYINT, USMALLINT, UINTEGER, UBIGINT, HUGEINT, SQLNULL];

/** JSON, which DuckDB has as text, comes after STRING and is never found here. */
function typeOf({ typeId }: DuckDBType): FieldType | undefined {
  if (integers.includes(typeId)) return 'INTEGER';
  const found = Object.entries(scalars).find(([, { engine }]) => engine.typeId === typeId);
  return found?.[0] as FieldType | undefined;
}

/** The column that a DuckDB result's column is. Throws `invalidQuery` for types that the emulator does not have. */
export function fieldOf(name: string, type: DuckDBType): Field {
  if (type.typeId === DuckDBTypeId.LIST) {
    const { valueType } = type as DuckDBType & { valueType: DuckDBType };
    if (valueType.typeId === DuckDBTypeId.LIST) throw invalidQuery('Arrays of arrays are not supported');
    return { ...fieldOf(name, valueType), mode: 'REPEATED' };
  }
  if (type.typeId === DuckDBTypeId.STRUCT) {
    const { entryNames, entryTypes } = type as DuckDBType & { entryNames: string[]; entryTypes: DuckDBType[] };
    const fields = entryTypes.map((entry, i) => fieldOf(entryNames[i] ?? '', entry));
    return { name, type: 'RECORD', mode: 'NULLABLE', fields };
  }
  const found = type.alias === 'JSON' ? 'JSON' : typeOf(type);
  if (found === undefined) throw unsupportedQuery(`results of the type ${type}`);
  return { name, type: found, mode: 'NULLABLE' };
}

/** A row as the service writes it: every value a string, an array never null. */
export function encodeRow(
  row: readonly DuckDBValue[],
  fields: readonly Field[],
  options: FormatOptions,
): { f: { v: unknown }[] } {
  return { f: fields.map((field, i) => ({ v: encode(row[i] ?? null, field, options) })) };
}

function encode(value: DuckDBValue, field: Field, options: FormatOptions): unknown {
  const { type, mode, name } = field;
  if (mode === 'REPEATED') {
    const { items } = (value ?? { items: [] }) as unknown as { items: readonly DuckDBValue[] };
    return items.map((item) => {
      if (item === null) throw invalidQuery(`Array cannot have a null element; error in writing field ${name}`);
      return { v: encode(item, { ...field, mode: 'NULLABLE' }, options) };
    });
  }
  if (value === null) return null;
  if (type !== 'RECORD') return scalars[type].write(value, options);
  const { entries } = value as unknown as { entries: Readonly<Record<string, DuckDBValue>> };
  const fields = field.fields ?? [];
  return encodeRow(
    fields.map((inner) => entries[inner.name] ?? null),
    fields,
    options,
  );
}
