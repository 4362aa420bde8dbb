import { type DuckDBType, DuckDBTypeId, type DuckDBValue } from '@duckdb/node-api';
import { invalidQuery, unsupportedQuery } from './errors.ts';
import type { Field, FieldType } from './schema.ts';

/** How results are written: from `formatOptions`. */
export interface FormatOptions {
  /** TIMESTAMP as whole microseconds; else as seconds, a decimal in scientific notation; else ISO 8601. */
  timestamps: 'micros' | 'seconds' | 'iso';
}

/** A cell as the service writes it. */
export interface Cell {
  v: unknown;
}
export interface RowCells {
  f: Cell[];
}

const types: Partial<Record<DuckDBTypeId, FieldType>> = {
  [DuckDBTypeId.BOOLEAN]: 'BOOLEAN',
  [DuckDBTypeId.TINYINT]: 'INTEGER',
  [DuckDBTypeId.SMALLINT]: 'INTEGER',
  [DuckDBTypeId.INTEGER]: 'INTEGER',
  [DuckDBTypeId.BIGINT]: 'INTEGER',
  [DuckDBTypeId.UTINYINT]: 'INTEGER',
  [DuckDBTypeId.USMALLINT]: 'INTEGER',
  [DuckDBTypeId.UINTEGER]: 'INTEGER',
  [DuckDBTypeId.UBIGINT]: 'INTEGER',
  [DuckDBTypeId.HUGEINT]: 'INTEGER',
  // what has no type is INT64 in BigQuery
  [DuckDBTypeId.SQLNULL]: 'INTEGER',
  [DuckDBTypeId.FLOAT]: 'FLOAT',
  [DuckDBTypeId.DOUBLE]: 'FLOAT',
  [DuckDBTypeId.DECIMAL]: 'NUMERIC',
  [DuckDBTypeId.TIMESTAMP_TZ]: 'TIMESTAMP',
  [DuckDBTypeId.TIMESTAMP]: 'DATETIME',
  [DuckDBTypeId.DATE]: 'DATE',
  [DuckDBTypeId.TIME]: 'TIME',
  [DuckDBTypeId.BLOB]: 'BYTES',
  [DuckDBTypeId.VARCHAR]: 'STRING',
};

/** The column that a DuckDB result's column is. Throws `invalidQuery` for types that the emulator does not have. */
export function fieldOf(name: string, type: DuckDBType): Field {
  if (type.typeId === DuckDBTypeId.LIST) {
    const { valueType } = type as DuckDBType & { valueType: DuckDBType };
    if (valueType.typeId === DuckDBTypeId.LIST) throw invalidQuery('Arrays of arrays are not supported');
    return { ...fieldOf(name, valueType), mode: 'REPEATED' };
  }
  if (type.typeId === DuckDBTypeId.STRUCT) {
    const { entryNames, entryTypes } = type as DuckDBType & { entryNames: string[]; entryTypes: DuckDBType[] };
    const fields = entryNames.flatMap((entry, i) =>
      entryTypes[i] === undefined ? [] : [fieldOf(entry, entryTypes[i])],
    );
    return { name, type: 'RECORD', mode: 'NULLABLE', fields };
  }
  if (type.alias === 'JSON') return { name, type: 'JSON', mode: 'NULLABLE' };
  const found = types[type.typeId];
  if (found === undefined) throw unsupportedQuery(`results of the type ${type}`);
  return { name, type: found, mode: 'NULLABLE' };
}

/** A row as the service writes it: every value a string, an array never null. */
export function encodeRow(row: readonly DuckDBValue[], fields: readonly Field[], options: FormatOptions): RowCells {
  return { f: fields.map((field, i) => ({ v: encode(row[i] ?? null, field, options) })) };
}

interface Items {
  items: readonly DuckDBValue[];
}
interface Entries {
  entries: Readonly<Record<string, DuckDBValue>>;
}

function encode(value: DuckDBValue, field: Field, options: FormatOptions): unknown {
  if (field.mode === 'REPEATED') {
    if (value === null) return [];
    return (value as unknown as Items).items.map((item) => {
      if (item === null) throw invalidQuery(`Array cannot have a null element; error in writing field ${field.name}`);
      return { v: encode(item, { ...field, mode: 'NULLABLE' }, options) };
    });
  }
  if (value === null) return null;
  switch (field.type) {
    case 'RECORD': {
      const { entries } = value as unknown as Entries;
      return encodeRow(
        (field.fields ?? []).map(({ name }) => entries[name] ?? null),
        field.fields ?? [],
        options,
      );
    }
    case 'INTEGER':
      return integer(BigInt(value as bigint | number));
    case 'FLOAT':
      return float(Number(value));
    case 'NUMERIC':
      return numeric(String(value));
    case 'TIMESTAMP':
      return timestamp((value as unknown as { micros: bigint }).micros, options);
    case 'DATETIME':
      return String(value).replace(' ', 'T');
    case 'BYTES':
      return Buffer.from((value as unknown as { bytes: Uint8Array }).bytes).toString('base64');
    default:
      return String(value);
  }
}

function integer(value: bigint): string {
  if (BigInt.asIntN(64, value) !== value) throw invalidQuery(`int64 overflow: ${value}`);
  return String(value);
}

function float(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  const size = Math.abs(value);
  if (value === 0 || (size >= 1e-3 && size < 1e7)) return Number.isInteger(value) ? value.toFixed(1) : String(value);
  const [mantissa = '', exponent = ''] = value.toExponential().split('e');
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${exponent.replace('+', '')}`;
}

function numeric(text: string): string {
  const fraction = /\.(\d*?)0*$/.exec(text)?.[1] ?? '';
  if (fraction.length > 9) throw unsupportedQuery('NUMERIC results of more than 9 decimals');
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function timestamp(micros: bigint, { timestamps }: FormatOptions): string {
  if (timestamps === 'micros') return String(micros);
  const milliseconds = Number(micros >= 0n ? micros / 1000n : (micros - 999n) / 1000n);
  const rest = micros - BigInt(milliseconds) * 1000n;
  if (timestamps === 'iso')
    return new Date(milliseconds).toISOString().replace('Z', `${String(rest).padStart(3, '0')}Z`);
  return scientific(micros);
}

/** Seconds with up to six decimals, as the service's `1.700000000123456E9`. */
function scientific(micros: bigint): string {
  if (micros === 0n) return '0.0';
  const digits = String(micros < 0n ? -micros : micros);
  const fraction = digits.slice(1).replace(/0+$/, '') || '0';
  return `${micros < 0n ? '-' : ''}${digits[0]}.${fraction}E${digits.length - 7}`;
}
